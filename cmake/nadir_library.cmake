# libnadir, static and shared, from the floors, and how it is installed.
set(ND_OBJECTS)
foreach(floor IN LISTS ND_FLOORS)
  list(APPEND ND_OBJECTS $<TARGET_OBJECTS:nd_${floor}>)
endforeach()

# The shared library exports what the public headers declare and nothing else:
# the version script is made from them, so that neither can forget the other.
function(nd_export_script out)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/nadir/*.h)
  set(names)
  foreach(header IN LISTS headers)
    file(READ ${header} text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
    string(REGEX MATCHALL "nd_[a-z0-9_]+[(]" functions "${text}")
    string(REGEX MATCHALL "extern const [a-z_]+ nd_[a-z0-9_]+" tables "${text}")
    foreach(name IN LISTS functions tables)
      string(REGEX REPLACE "^.* |[(]$" "" name "${name}")
      list(APPEND names ${name})
    endforeach()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  endforeach()
  list(SORT names)
  list(REMOVE_DUPLICATES names)
  list(JOIN names ";\n    " names)
  file(CONFIGURE OUTPUT ${out} CONTENT "{\n  global:\n    @names@;\n  local: *;\n};\n" @ONLY)
endfunction()
nd_export_script(${PROJECT_BINARY_DIR}/nadir.map)

foreach(kind IN ITEMS STATIC SHARED)
  string(TOLOWER ${kind} low)
  add_library(nadir_${low} ${kind} ${ND_OBJECTS})
  set_target_properties(nadir_${low} PROPERTIES OUTPUT_NAME nadir)
  target_include_directories(nadir_${low} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(nadir_${low} PRIVATE $<BUILD_INTERFACE:nd_deps> $<BUILD_INTERFACE:nd_flags>)
endforeach()
set_target_properties(nadir_shared PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION 0 EXPORT_NAME nadir
  LINK_DEPENDS ${PROJECT_BINARY_DIR}/nadir.map)
target_link_options(nadir_shared PRIVATE
  LINKER:--version-script=${PROJECT_BINARY_DIR}/nadir.map LINKER:--as-needed)
