# OUT: a C file with nd_report_css and nd_report_js, the files of FOLDER as they are, byte by byte.
set(text "/* Made from report.css and report.js: do not edit. */\nextern const char nd_report_css[], nd_report_js[];\n")
foreach(kind IN ITEMS css js)
  file(READ ${FOLDER}/report.${kind} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "(('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',))" "\\1\n" bytes "${bytes}")
  string(APPEND text "const char nd_report_${kind}[] = {\n${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
