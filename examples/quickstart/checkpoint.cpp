// SPDX-License-Identifier: BSD-3-Clause
// Load a PyTorch checkpoint: a safetensors file, as Python's safetensors.torch.save_file writes it. One of its weights is
// compressed to a matrix product operator, and the cores are saved for Python to read. (The weights of this small file
// are random, and random matrices do not compress: half of the norm is given up for a third of the numbers.)
//     quickstart_checkpoint [FILE [WEIGHT]]
#include <filesystem>
#include <iostream>
#include <xtn/io.hpp>
#include <xtn/xtn.hpp>

int main(int argc, char** argv) {
    const std::filesystem::path path = argc > 1 ? argv[1] : XTN_TEST_DATA "/picogpt.safetensors";
    const std::string name = argc > 2 ? argv[2] : "blocks.0.ffn.W1.weight";
    const xtn::safetensors model = xtn::load_safetensors(path);
    const auto w = xtn::read_xtensor<double, 2>(model, name);
    std::cout << model.size() << " tensors; " << name << " is " << w.shape(0) << " x " << w.shape(1) << '\n';

    const std::vector<std::size_t> out{4, w.shape(0) / 4}, in{4, w.shape(1) / 4};
    const auto [chain, error] = xtn::tt::tt_svd(w, out, in, {.tolerance = 0.5});
    const xtn::mpo<double> op(chain);
    std::cout << "bond " << chain.bonds()[0] << ", " << xtn::parameter_count(op.parameters()) << " of " << w.size()
              << " numbers, relative error " << error << '\n';

    xtn::safetensors compressed;
    for (const auto& [core, value] : op.parameters())
        compressed.add<double>(name + "." + core, value.shape(), std::span<const double>(value.values()));
    const auto file = std::filesystem::temp_directory_path() / "xtn_cores.safetensors";
    xtn::save_safetensors(file, compressed);
    const bool same = xtn::load_safetensors(file) == compressed;
    std::filesystem::remove(file);
    std::cout << "saved " << compressed.names().front() << " and " << compressed.size() - 1 << " more\n";
    return same && error <= 0.5 ? 0 : 1;
}
