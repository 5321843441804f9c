# SPDX-License-Identifier: BSD-3-Clause
# Installs the headers and the CMake package. Nothing depends on the architecture.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(xtn_cmake_dir lib/cmake/xtn)
install(TARGETS xtn EXPORT xtnTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT xtnTargets NAMESPACE xtn:: DESTINATION ${xtn_cmake_dir})

configure_package_config_file(cmake/xtnConfig.cmake.in "${PROJECT_BINARY_DIR}/xtnConfig.cmake"
    INSTALL_DESTINATION ${xtn_cmake_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xtnConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
    "${PROJECT_BINARY_DIR}/xtnConfig.cmake"
    "${PROJECT_BINARY_DIR}/xtnConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/xtnCompiled.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/xtnDependencies.cmake"
    DESTINATION ${xtn_cmake_dir})
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
