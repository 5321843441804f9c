# SPDX-License-Identifier: BSD-3-Clause
"""xtensor-blas for Conan 2; ConanCenter has none. The folder that holds recipes/ is a local recipe index:

    conan remote add xtn-recipes <that folder> -t local-recipes-index
"""
import os

from conan import ConanFile
from conan.tools.files import copy, get
from conan.tools.layout import basic_layout

required_conan_version = ">=2.8"


class XtensorBlasConan(ConanFile):
    name = "xtensor-blas"
    description = "BLAS and LAPACK for xtensor"
    license = "BSD-3-Clause"
    homepage = "https://github.com/xtensor-stack/xtensor-blas"
    topics = ("blas", "lapack", "linear-algebra", "xtensor", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"blas": ["openblas", "system"]}  # system: the program that links xtensor-blas names a BLAS and a LAPACK
    default_options = {"blas": "openblas"}
    no_copy_source = True

    # Each version fits one version of xtensor (README of xtensor-blas).
    _xtensor = {"0.20.0": "[>=0.24 <0.25]"}

    def requirements(self):
        self.requires(f"xtensor/{self._xtensor[str(self.version)]}")
        if self.options.blas == "openblas":
            self.requires("openblas/[>=0.3.20 <0.4]")

    def layout(self):
        basic_layout(self, src_folder="src")

    def source(self):
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def package(self):
        include = os.path.join(self.source_folder, "include")
        licenses = os.path.join(self.package_folder, "licenses")
        copy(self, "LICENSE", self.source_folder, licenses)
        copy(self, "xflens/*/LICENSE", include, licenses)
        for pattern in ("xtensor-blas/*.hpp", "xflens/*.h", "xflens/*.hpp", "xflens/*.cxx", "xflens/*.tcc"):
            copy(self, pattern, include, os.path.join(self.package_folder, "include"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "xtensor-blas")
        self.cpp_info.set_property("cmake_target_name", "xtensor-blas")
        self.cpp_info.set_property("pkg_config_name", "xtensor-blas")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
