// SPDX-License-Identifier: BSD-3-Clause
#include <complex>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/backend/transpose.hpp>

BOOST_AUTO_TEST_SUITE(transpose)

using scalars = std::tuple<float, double, std::complex<float>, std::complex<double>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(every_shape_goes_where_it_belongs_and_nowhere_else, T, scalars) {
    for (std::int64_t rows = 0; rows < 11; ++rows)
        for (std::int64_t columns = 0; columns < 11; ++columns) {
            const std::int64_t from_stride = columns + 1, to_stride = rows + 2;
            std::vector<T> from(static_cast<std::size_t>(11 * from_stride)),
                to(static_cast<std::size_t>(12 * to_stride));
            for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<T>(static_cast<float>(i + 1));
            xtn::backend::transpose(rows, columns, from.data(), from_stride, to.data(), to_stride);
            std::size_t wrong = 0;
            for (std::int64_t j = 0; j < 12; ++j)
                for (std::int64_t i = 0; i < to_stride; ++i) {
                    const bool inside = j < columns && i < rows;
                    const T expected = inside ? from[static_cast<std::size_t>(i * from_stride + j)] : T{};
                    if (to[static_cast<std::size_t>(j * to_stride + i)] != expected) ++wrong;
                }
            BOOST_TEST(wrong == 0, rows << " x " << columns);
        }
}

BOOST_AUTO_TEST_CASE(bits_survive) {
    std::vector<std::complex<float>> from(16), to(16);
    for (std::size_t i = 0; i < 16; ++i)  // pairs of floats that are signalling NaN or subnormal as doubles
        from[i] = {static_cast<float>(i), i % 2 == 0 ? 1.9e19F : 1e-40F};
    xtn::backend::transpose<std::complex<float>>(4, 4, from.data(), 4, to.data(), 4);
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j) BOOST_TEST(to[j * 4 + i] == from[i * 4 + j]);
}

BOOST_AUTO_TEST_SUITE_END()
