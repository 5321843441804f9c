// SPDX-License-Identifier: BSD-3-Clause
// bench_convert IN OUT: reads tensors from one file and writes them to another, each .safetensors, .npz or .npy by its
// extension. interop.py checks the readers and writers with it.
#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include <xtn/io.hpp>

namespace {

/// What a file holds; an .npy file one tensor, called "array".
xtn::safetensors load(const std::filesystem::path& path, xtn::npz& all) {
    if (path.extension() == ".safetensors") {
        xtn::safetensors file = xtn::load_safetensors(path);
        for (const std::string& name : file.names()) all.add(name, file[name]);
        return file;
    }
    if (path.extension() == ".npz")
        all = xtn::load_npz(path);
    else
        all.add("array", xtn::load_npy(path));
    return xtn::safetensors();
}

}  // namespace

int main(int argc, char* argv[]) try {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " IN OUT   (each .safetensors, .npz or .npy)\n";
        return 2;
    }
    const std::filesystem::path in = argv[1], out = argv[2];
    xtn::npz tensors;
    const xtn::safetensors original = load(in, tensors);
    if (out.extension() == ".npy") {
        xtn::save_npy(out, tensors[tensors.names().at(0)]);
    } else if (out.extension() == ".npz") {
        xtn::save_npz(out, tensors);
    } else {
        xtn::safetensors file;
        file.metadata() = original.metadata();
        for (const std::string& name : tensors.names())
            file.add_bytes(name, tensors.type(name), tensors.shape(name), tensors.bytes(name));
        xtn::save_safetensors(out, file);
    }
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
