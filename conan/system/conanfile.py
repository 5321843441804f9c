# SPDX-License-Identifier: BSD-3-Clause
"""A package of the operating system under the name, the targets and the dependencies that ConanCenter gives it.

    conan export conan/system --name=xtensor --version=0.24.3      # likewise every other name in the table

A dependency then resolves to headers and libraries where the system has them. It is the way for build systems that need
files generated for each dependency; where they do not, [platform_requires] of a profile is shorter (conan/debian12).
"""
import os

from conan import ConanFile
from conan.tools.files import mkdir

required_conan_version = ">=2.8"

# name: (CMake package, target, libraries, requirements)
PACKAGES = {
    "boost": ("Boost", "Boost::headers", [], []),
    "nlohmann_json": ("nlohmann_json", "nlohmann_json::nlohmann_json", [], []),
    "openblas": ("OpenBLAS", "OpenBLAS::OpenBLAS", ["openblas"], []),
    "xsimd": ("xsimd", "xsimd", [], []),
    "xtensor": ("xtensor", "xtensor", [], ["nlohmann_json", "xsimd", "xtl"]),
    "xtensor-blas": ("xtensor-blas", "xtensor-blas", [], ["openblas", "xtensor"]),
    "xtl": ("xtl", "xtl", [], []),
}


class SystemConan(ConanFile):
    description = "A package that the operating system has installed"
    package_type = "header-library"  # a library among them is linked by name

    def requirements(self):
        for name in PACKAGES[self.name][3]:
            self.requires(f"{name}/[*]")

    def package(self):
        # Empty: the compiler finds the system's headers by itself. But for a package that has nothing at all
        # CMakeConfigDeps makes no target.
        mkdir(self, os.path.join(self.package_folder, "include"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        cmake_file, target, libraries, _ = PACKAGES[self.name]
        self.cpp_info.set_property("cmake_file_name", cmake_file)
        self.cpp_info.set_property("cmake_target_name", target)
        self.cpp_info.system_libs = libraries
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
