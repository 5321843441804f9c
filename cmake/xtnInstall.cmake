# SPDX-License-Identifier: BSD-3-Clause
# Installs the headers, the CMake package and the pkg-config file. Nothing depends on the architecture.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(xtn_cmake_dir lib/cmake/xtn)
install(TARGETS xtn EXPORT xtnTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILE_SET mpi DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT xtnTargets NAMESPACE xtn:: DESTINATION ${xtn_cmake_dir})

configure_package_config_file(cmake/xtnConfig.cmake.in "${PROJECT_BINARY_DIR}/xtnConfig.cmake"
    INSTALL_DESTINATION ${xtn_cmake_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xtnConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
    "${PROJECT_BINARY_DIR}/xtnConfig.cmake"
    "${PROJECT_BINARY_DIR}/xtnConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/xtnCompiled.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/xtnBlas.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/xtnDependencies.cmake"
    DESTINATION ${xtn_cmake_dir})
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# pkg-config: xtn's own directory, and the BLAS that was found here by the name a linker knows it by. The headers of the
# dependencies are where compilers look.
if(TARGET OpenBLAS::OpenBLAS OR BLAS_LIBRARIES MATCHES "openblas")
    set(xtn_pc_libs "-lopenblas -pthread")
else()
    set(xtn_pc_libs "-llapack -lblas -pthread")
endif()
configure_file(cmake/xtn.pc.in "${PROJECT_BINARY_DIR}/xtn.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/xtn.pc" DESTINATION share/pkgconfig)
