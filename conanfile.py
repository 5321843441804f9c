# SPDX-License-Identifier: BSD-3-Clause
"""xtn as a Conan 2 package: the headers and xtn's own CMake package, one binary for every profile.

    conan remote add xtn-recipes . -t local-recipes-index      # xtensor-blas, which ConanCenter does not have
    conan create . -s compiler.cppstd=20 --build=missing

On a machine whose dependencies are packages of the system: conan create . -pr:a conan/debian12
"""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.8"


class XtnConan(ConanFile):
    name = "xtn"
    description = "Expression-template tensor networks in C++20, on xtensor and xtensor-blas"
    license = "BSD-3-Clause"
    topics = ("tensor-networks", "einsum", "expression-templates", "automatic-differentiation", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"io": [True, False]}  # <xtn/io.hpp> and <xtn/train.hpp>
    default_options = {"io": True, "boost/*:header_only": True}
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "include/*"
    no_copy_source = True

    def set_version(self):
        project = load(self, os.path.join(self.recipe_folder, "CMakeLists.txt"))
        self.version = re.search(r"project\(xtn VERSION ([0-9.]+)", project).group(1)

    def requirements(self):
        # xtensor and the BLAS come through xtensor-blas, each version of which fits one version of xtensor: two ranges
        # here could be resolved to two that do not fit. It is first, so that its exact requirements decide the others.
        self.requires("xtensor-blas/[>=0.20 <0.24]")
        self.requires("xsimd/[>=8 <15]")
        self.requires("boost/[>=1.74 <2]")
        if self.options.io:
            self.requires("nlohmann_json/[>=3.11 <4]")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "BENCHMARKS", "EXAMPLES"):
            toolchain.cache_variables[f"XTN_BUILD_{part}"] = False
        toolchain.generate()

    def package(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.install()
        rmdir(self, os.path.join(self.package_folder, "share"))  # Conan writes its own xtn.pc
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        # The installed xtnConfig.cmake, not one that Conan writes: it also finds dependencies that are packages of the
        # system, for which Conan writes nothing, and has the target xtn::compiled.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.set_property("pkg_config_name", "xtn")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "xtn")]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
