# The floors in the order of the data's way; each uses only those before it
# (tests/check_includes.py enforces that).
set(ND_FLOORS)
foreach(floor IN ITEMS base num data model opt theory cert lab map atlas gallery show)
  if(EXISTS ${PROJECT_SOURCE_DIR}/src/${floor}/CMakeLists.txt)
    list(APPEND ND_FLOORS ${floor})
  endif()
endforeach()

add_library(nd_flags INTERFACE)
target_compile_features(nd_flags INTERFACE c_std_11)
target_compile_options(nd_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(ND_WERROR)
  target_compile_options(nd_flags INTERFACE -Werror)
endif()
target_include_directories(nd_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(nd_flags INTERFACE _POSIX_C_SOURCE=200809L)
if(ND_SANITIZE)
  target_compile_options(nd_flags INTERFACE -fsanitize=${ND_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(nd_flags INTERFACE -fsanitize=${ND_SANITIZE})
endif()

# nd_floor(NAME file.c ...): the object library of one floor.
function(nd_floor name)
  add_library(nd_${name} OBJECT ${ARGN})
  set_target_properties(nd_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(nd_${name} PRIVATE nd_flags nd_deps)
endfunction()

# nd_test(FLOOR name file.c ...): a cmocka program that sees the floors up to FLOOR
# only, registered as FLOOR.name.
function(nd_test floor name)
  set(test test_${floor}_${name})
  add_executable(${test} ${ARGN})
  target_link_libraries(${test} PRIVATE nd_flags)
  foreach(f IN LISTS ND_FLOORS)
    target_link_libraries(${test} PRIVATE nd_${f})
    if(f STREQUAL floor)
      break()
    endif()
  endforeach()
  target_link_libraries(${test} PRIVATE nd_deps cmocka m)
  target_compile_definitions(${test} PRIVATE ND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${floor}.${name} COMMAND ${test} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()
