# SPDX-License-Identifier: BSD-3-Clause
# Finds what xtn's headers include and gathers it in the target xtn::dependencies. Imported targets are SYSTEM, so
# warnings in their headers stay silent.
#
# nlohmann_json is optional: it serves <xtn/io.hpp> and <xtn/train.hpp>, the components io and train.
include(CMakeFindDependencyMacro)

if(NOT TARGET xtn::dependencies)
    find_dependency(Threads)
    include("${CMAKE_CURRENT_LIST_DIR}/xtnBlas.cmake")
    find_dependency(xtl CONFIG) # before xsimd, whose config names the target xtl without finding it
    find_dependency(xsimd CONFIG)
    find_dependency(xtensor 0.24 CONFIG)
    find_dependency(xtensor-blas CONFIG)
    if(xtn_blas_is_chosen) # Debian's xtensor-blas links the first BLAS that it finds
        set_target_properties(xtensor-blas PROPERTIES INTERFACE_LINK_LIBRARIES xtensor)
    endif()
    find_dependency(Boost CONFIG)

    find_package(nlohmann_json CONFIG QUIET)

    # find_dependency returns from this file when a package is missing, so the target exists only if all are there.
    add_library(xtn::dependencies INTERFACE IMPORTED)
    target_link_libraries(xtn::dependencies INTERFACE
        xtensor-blas xtensor xsimd xtl Boost::headers ${xtn_onednn} ${xtn_blas} Threads::Threads)
    if(xtn_onednn)
        target_compile_definitions(xtn::dependencies INTERFACE XTN_ONEDNN)
    endif()
    if(TARGET nlohmann_json::nlohmann_json)
        target_link_libraries(xtn::dependencies INTERFACE nlohmann_json::nlohmann_json)
    endif()
    unset(xtn_blas)
    unset(xtn_onednn)
    unset(xtn_blas_is_chosen)
endif()

if(TARGET nlohmann_json::nlohmann_json)
    set(xtn_io_FOUND ON)
    set(xtn_train_FOUND ON)
endif()
