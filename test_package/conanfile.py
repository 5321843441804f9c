# SPDX-License-Identifier: BSD-3-Clause
"""Builds and runs the user's program with the package that `conan create` has just made."""
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class TestPackageConan(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for target in ("xtn", "compiled"):
                self.run(os.path.join(self.cpp.build.bindir, f"consumer_{target}"), env="conanrun")
