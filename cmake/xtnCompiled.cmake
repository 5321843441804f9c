# SPDX-License-Identifier: BSD-3-Clause
# xtn::compiled is xtn::xtn with the planner and the executor compiled once, into a static library of the project that
# links it, instead of in every translation unit. xtn_include_dir says where the headers are.
if(NOT TARGET xtn::compiled)
    add_library(xtn_compiled STATIC EXCLUDE_FROM_ALL "${xtn_include_dir}/xtn/compiled.cpp")
    add_library(xtn::compiled ALIAS xtn_compiled)
    target_link_libraries(xtn_compiled PUBLIC xtn::xtn)
    target_compile_definitions(xtn_compiled PUBLIC XTN_COMPILED)
    set_target_properties(xtn_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()
