# libnadir, static and shared, from the floors.
set(ND_OBJECTS)
foreach(floor IN LISTS ND_FLOORS)
  list(APPEND ND_OBJECTS $<TARGET_OBJECTS:nd_${floor}>)
endforeach()
foreach(kind IN ITEMS STATIC SHARED)
  string(TOLOWER ${kind} low)
  add_library(nadir_${low} ${kind} ${ND_OBJECTS})
  set_target_properties(nadir_${low} PROPERTIES OUTPUT_NAME nadir)
  target_include_directories(nadir_${low} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(nadir_${low} PRIVATE $<BUILD_INTERFACE:nd_deps> $<BUILD_INTERFACE:nd_flags>)
endforeach()
set_target_properties(nadir_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
