# cmake --install: headers, both libraries, nadir.pc, the CMake package, the
# programs and the man pages.
include(CMakePackageConfigHelpers)
set(ND_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/nadir)

install(DIRECTORY include/nadir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS nadir_static nadir_shared EXPORT nadirTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT nadirTargets NAMESPACE nadir:: DESTINATION ${ND_CMAKE_DIR})
install(TARGETS nadir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET nadir-verify)
  install(TARGETS nadir-verify RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES src/verify/nadir-verify.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
install(FILES ${PROJECT_BINARY_DIR}/nadir.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(cmake/nadirConfig.cmake.in ${PROJECT_BINARY_DIR}/nadirConfig.cmake
  INSTALL_DESTINATION ${ND_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nadirConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/nadirConfig.cmake ${PROJECT_BINARY_DIR}/nadirConfigVersion.cmake
  DESTINATION ${ND_CMAKE_DIR})

# nadir.pc says where it is relative to itself: the tree may be moved.
file(RELATIVE_PATH ND_PC_PREFIX /x/${CMAKE_INSTALL_LIBDIR}/pkgconfig /x)
string(REGEX REPLACE "/$" "" ND_PC_PREFIX "${ND_PC_PREFIX}")
set(ND_PC_REQUIRES "jansson sqlite3 zlib")
set(ND_PC_LIBS "-lm")
if(ND_RASTER STREQUAL cairo)
  string(APPEND ND_PC_REQUIRES " cairo")
endif()
if(ND_BLAS STREQUAL openblas)
  # Its own pkg-config file asks for the Fortran runtime's development files, which a
  # static libnadir beside a shared OpenBLAS does not need.
  list(JOIN OPENBLAS_LDFLAGS " " openblas_flags)
  string(APPEND ND_PC_LIBS " ${openblas_flags}")
endif()
if(ND_PAR STREQUAL openmp)
  string(APPEND ND_PC_LIBS " -fopenmp")
endif()
if(ND_EXACT STREQUAL flint)   # no .pc file in FLINT 2
  string(APPEND ND_PC_LIBS " -lflint -lgmp")
endif()
configure_file(cmake/nadir.pc.in ${PROJECT_BINARY_DIR}/nadir.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nadir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
