// SPDX-License-Identifier: BSD-3-Clause
// Every differentiable rule in one table: central differences, the transpose identity, accumulation.
#include <boost/test/unit_test.hpp>

#include <complex>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/xtn.hpp>

#include "../parameter_error.hpp"

BOOST_AUTO_TEST_SUITE(ad_gradients)

namespace {

using test::parameter_error;
using xtn::einsum;
using xtn::tape;
template <std::size_t N>
using tensor = xt::xtensor<double, N>;
template <std::size_t N>
using var = xtn::variable<double, N>;

template <std::size_t N>
tensor<N> random_tensor(const std::array<std::size_t, N>& shape, std::uint64_t seed) {
    tensor<N> t(shape);
    xtn::random_stream random(seed);
    random.fill_normal(std::span<double>(t.data(), t.size()), 1.0);
    return t;
}

template <class F, class... Tensors>
std::function<xtn::gradient_errors()> rule(F f, const Tensors&... inputs) {
    return [=] { return xtn::check_gradient(f, std::tuple(inputs...)); };
}

const auto matrix = [](std::size_t m, std::size_t n, std::uint64_t seed = 1) { return random_tensor<2>({m, n}, seed); };

xt::xtensor<std::complex<double>, 2> complex_matrix(std::size_t m, std::size_t n) {
    xt::xtensor<std::complex<double>, 2> t({m, n});
    t = matrix(m, n, 11) + std::complex<double>(0, 1) * matrix(m, n, 12);
    return t;
}

struct named_rule {
    std::string name;
    std::function<xtn::gradient_errors()> check;
};

xtn::low_rank<double> small_low_rank() {
    xtn::low_rank<double> op(5, 4, 2);
    xtn::random_stream random(9);
    xtn::init_normal(op, 1.0, random);
    return op;
}

std::vector<named_rule> all_rules() {
    const auto x = matrix(3, 4, 1), w = matrix(5, 4, 2), square_matrix = matrix(4, 4, 3);
    const auto vector = random_tensor<1>({4}, 4);
    const auto z = complex_matrix(3, 4), y = complex_matrix(4, 5);
    static const std::vector<std::uint32_t> tokens{1, 0, 2, 2, 1, 1}, targets{0, 4, 2};
    return {
        {"einsum matrix product", rule([](auto&, auto a, auto b) { return einsum<"bi,oi->bo">(a, b); }, x, w)},
        {"einsum diagonal", rule([](auto&, auto a) { return einsum<"ii->i">(a); }, square_matrix)},
        {"einsum trace and broadcast",
         rule([](auto&, auto a, auto v) { return einsum<"ii,j->j">(a, v); }, square_matrix, vector)},
        {"einsum private sum", rule([](auto&, auto a, auto v) { return einsum<"ij,k->k">(a, v); }, x, vector)},
        {"einsum sum of one", rule([](auto&, auto a) { return einsum<"ij->j">(a); }, x)},
        {"einsum permutation", rule([](auto&, auto a) { return einsum<"ij->ji">(a); }, x)},
        {"einsum Hadamard", rule([](auto&, auto a, auto v) { return einsum<"ij,j->ij">(a, v); }, x, vector)},
        {"einsum same variable twice", rule([](auto&, auto a) { return einsum<"ij,kj->ik">(a, a); }, x)},
        {"einsum same variable thrice", rule([](auto&, auto v) { return einsum<"a,a,a->">(v, v, v); }, vector)},
        {"einsum chain",
         rule([](auto&, auto a, auto b, auto c) { return einsum<"bi,oi,pq->bo">(a, b, c); }, x, w, square_matrix)},
        {"einsum batch", rule([](auto&, auto a, auto b) { return einsum<"bij,bjk->bik">(a, b); },
                              random_tensor<3>({2, 3, 4}, 5), random_tensor<3>({2, 4, 3}, 6))},
        {"einsum mpo",
         rule([](auto&, auto v, auto a, auto b, auto c) { return einsum<"bijk,oir,rpjs,sqk->bopq">(v, a, b, c); },
              random_tensor<4>({3, 2, 3, 2}, 7), random_tensor<3>({2, 2, 3}, 8), random_tensor<4>({3, 2, 3, 2}, 9),
              random_tensor<3>({2, 3, 2}, 10))},
        {"einsum with constants", rule([w](auto&, auto a) { return einsum<"bi,oi->bo">(a, xtn::constant(w)); }, x)},
        {"einsum with copied operand", rule(
                                           [](auto&, auto a) {
                                               return einsum<"bi,i->bi">(a, xt::xtensor<double, 1>({1., 2., 3., 4.}));
                                           },
                                           x)},
        {"einsum with residuals made again",
         rule([](auto&, auto a, auto b, auto c) { return einsum<"bi,oi,pq->bo">(xtn::residuals::recompute, a, b, c); },
              x, w, square_matrix)},
        {"einsum with residuals kept",
         rule([](auto&, auto a, auto b, auto c) { return einsum<"bi,oi,pq->bo">(xtn::residuals::keep, a, b, c); }, x, w,
              square_matrix)},
        {"einsum of labels at run time",
         rule([](auto&, auto a, auto b) { return einsum<2>("bi,oi->ob", a, b); }, x, w)},
        {"complex einsum", rule([](auto&, auto a, auto b) { return einsum<"ij,jk->ik">(a, b); }, z, y)},
        {"complex einsum of a variable and itself", rule([](auto&, auto a) { return einsum<"ij,kj->ik">(a, a); }, z)},
        {"complex einsum with a diagonal",
         rule([](auto&, auto a, auto b) { return einsum<"ii,ij->j">(a, b); }, complex_matrix(4, 4), y)},
        {"complex multiple", rule([](auto&, auto a) { return std::complex<double>(0.3, -2) * a; }, z)},
        {"complex combination", rule(
                                    [](auto&, auto a) {
                                        return xtn::linear_combination({1, 2}, a, std::complex<double>(0, 1), a);
                                    },
                                    z)},
        {"sum", rule([](auto&, auto a, auto b) { return a + b; }, x, matrix(3, 4, 5))},
        {"difference", rule([](auto&, auto a, auto b) { return a - b; }, x, matrix(3, 4, 5))},
        {"self sum", rule([](auto&, auto a) { return a + a; }, x)},
        {"multiple", rule([](auto&, auto a) { return 3.0 * a; }, x)},
        {"multiple by an integer from the right", rule([](auto&, auto a) { return a * 3; }, x)},
        {"quotient", rule([](auto&, auto a) { return a / 4; }, x)},
        {"negative", rule([](auto&, auto a) { return -a; }, x)},
        {"product", rule([](auto&, auto a, auto b) { return a * b; }, x, matrix(3, 4, 5))},
        {"square", rule([](auto&, auto a) { return a * a; }, x)},
        {"cube", rule([](auto&, auto a) { return a * a * a; }, x)},
        {"complex product", rule([](auto&, auto a, auto b) { return a * b; }, z, complex_matrix(3, 4))},
        {"complex square", rule([](auto&, auto a) { return a * a; }, z)},
        {"complex quotient", rule([](auto&, auto a) { return 2 * a / std::complex<double>(0.3, -2); }, z)},
        {"fused with a bias, a column and numbers",
         rule([](auto&, auto a, auto b, auto c) { return tanh(a + b) * c + exp(a * 0.5) / (c * c + 2) - square(b); }, x,
              vector, matrix(3, 1, 6))},
        {"a named part used twice", rule(
                                        [](auto&, auto a, auto b) {
                                            const auto gate = sigmoid(a + b);
                                            return gate * gate - gate;
                                        },
                                        x, vector)},
        {"a bias in three axes", rule([](auto&, auto a, auto b, auto c) { return a * b + sin(c) * cos(a); },
                                      random_tensor<3>({2, 3, 4}, 7), random_tensor<2>({3, 1}, 8), vector)},
        {"quotient of variables",
         rule([](auto&, auto a, auto b) { return (2 - a) / (square(b) + 1); }, x, matrix(3, 4, 5))},
        {"logarithm, root, power",
         rule([](auto&, auto a) { return log(square(a) + 1) * sqrt(square(a) + 0.5) + pow(square(a) + 0.3, 1.5); }, x)},
        {"softplus, absolute value", rule([](auto&, auto a) { return softplus(a) * abs(a); }, x)},
        {"greater and smaller",
         rule([](auto&, auto a, auto b) { return maximum(a, b) * minimum(b, 0.25); }, x, matrix(3, 4, 5))},
        {"complex quotient of variables and functions",
         rule(
             [](auto&, auto a, auto b) {
                 return a / (b * b + 3) - conj(a) * exp(b) + tanh(a * 0.3) * sqrt(b + 4) + log(a + 5) * sin(b) - cos(a);
             },
             z, complex_matrix(3, 1))},
        {"complex sum over an axis", rule([](auto&, auto a) { return xtn::sum<"ij->j">(a * a); }, z)},
        {"an activation with a bias",
         rule([](auto&, auto a, auto b) { return xtn::nn::relu(a + b) * xtn::nn::silu(a); }, x, vector)},
        {"sum of all", rule([](auto&, auto a, auto b) { return a * xtn::sum(exp(b)); }, x, vector)},
        {"sum over rows", rule([](auto&, auto a, auto b) { return xtn::sum<"bo->o">(tanh(a) * b); }, x, vector)},
        {"sum over columns", rule([](auto&, auto a, auto b) { return xtn::sum<"bo->b">(tanh(a) * b); }, x, vector)},
        {"sum over the middle",
         rule([](auto&, auto a) { return xtn::sum<"abc->a1c">(a) * a; }, random_tensor<3>({2, 3, 4}, 7))},
        {"mean", rule([](auto&, auto a) { return square(a - xtn::mean<"bo->b1">(a)); }, x)},
        {"mean of all", rule([](auto&, auto a) { return xtn::mean(a * a); }, x)},
        {"greatest of rows", rule([](auto&, auto a) { return xtn::max<"bo->b1">(a) * a; }, x)},
        {"greatest of columns", rule([](auto&, auto a) { return xtn::max<"bo->o">(a * a); }, x)},
        {"greatest of all", rule([](auto&, auto a) { return xtn::max(a); }, x)},
        {"log-sum-exp of rows", rule([](auto&, auto a) { return exp(a - xtn::log_sum_exp<"bo->b1">(a)); }, x)},
        {"log-sum-exp of columns", rule([](auto&, auto a) { return xtn::log_sum_exp<"bo->o">(3 * a); }, x)},
        {"log-sum-exp of all", rule([](auto&, auto a) { return xtn::log_sum_exp(a); }, x)},
        {"einsum of expressions",
         rule([](auto&, auto a, auto b) { return einsum<"bi,oi->bo">(a + 1, softplus(b)); }, x, w)},
        {"tensors beside", rule([w = matrix(3, 4, 5)](auto&, auto a) { return w - (a * w - w) + w * a; }, x)},
        {"reshape", rule(
                        [](auto&, auto a) {
                            return einsum<"ij,ij->i">(a.reshape(std::array<std::size_t, 2>{2, 6}),
                                                      a.reshape(std::array<std::size_t, 2>{2, 6}));
                        },
                        x)},
        {"window larger", rule(
                              [](auto&, auto a) {
                                  return xtn::window(a, {5, 6});
                              },
                              x)},
        {"window smaller", rule(
                               [](auto&, auto a) {
                                   return xtn::window(a, {2, 3});
                               },
                               x)},
        {"apply low rank", rule([op = small_low_rank()](auto&, auto a) { return xtn::apply(op, a); }, x)},
        {"relu", rule([](auto&, auto a) { return xtn::nn::relu(a); }, x)},
        {"gelu", rule([](auto&, auto a) { return xtn::nn::gelu(a); }, x)},
        {"gelu with tanh", rule([](auto&, auto a) { return xtn::nn::gelu(a, xtn::nn::gelu_form::tanh); }, x)},
        {"log sigmoid", rule([](auto&, auto a) { return xtn::nn::log_sigmoid(a); }, x)},
        {"RMS norm", rule([](auto&, auto a) { return xtn::nn::rms_norm<double>(4)(a); }, x)},
        {"RMS norm of a wider row", rule([](auto&, auto a) { return xtn::nn::rms_norm<double>(4, 1e-5, 9)(a); }, x)},
        {"mean over time", rule([](auto&, auto a) { return xtn::nn::mean_over_time(a, 3); }, matrix(6, 4))},
        {"layer norm", rule([](auto&, auto a) { return xtn::nn::layer_norm<double>(4)(a); }, x)},
        {"attention to all, values wider",
         rule([](auto&, auto q, auto k,
                 auto v) { return xtn::nn::softmax_attention{.heads = 2, .causal = false, .scale = 0.3}(q, k, v, 3); },
              matrix(6, 4), matrix(6, 4, 2), matrix(6, 6, 3))},
        {"attention with keys and values in one",
         rule([](auto&, auto q, auto k) { return xtn::nn::softmax_attention{.heads = 2}(q, k, k, 3); }, matrix(6, 4),
              matrix(6, 4, 2))},
        {"attention",
         rule([](auto&, auto q, auto k, auto v) { return xtn::nn::softmax_attention{.heads = 2}(q, k, v, 3); },
              matrix(6, 4, 1), matrix(6, 4, 2), matrix(6, 4, 3))},
        {"attention of one tensor",
         rule([](auto&, auto q) { return xtn::nn::softmax_attention{.heads = 2}(q, q, q, 3); }, matrix(6, 4))},
        {"softmax", rule([](auto&, auto a) { return xtn::nn::softmax(a); }, matrix(3, 5))},
        {"softmax of groups", rule([](auto&, auto a) { return xtn::nn::softmax(a, 2); }, matrix(3, 4))},
        {"cross entropy",
         rule([](auto&, auto a) { return xtn::nn::cross_entropy(a, std::span<const std::uint32_t>(targets)).mean; },
              matrix(3, 5))},
    };
}

BOOST_AUTO_TEST_CASE(every_rule_agrees_with_differences) {
    for (const named_rule& r : all_rules()) {
        const xtn::gradient_errors e = r.check();
        BOOST_TEST(e.elements < 1e-7, r.name << ": elements " << e.elements);
        BOOST_TEST(e.transpose < 1e-7, r.name << ": transpose " << e.transpose);
        BOOST_TEST(e.doubled < 1e-13, r.name << ": doubled " << e.doubled);
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_layer_parameters) {
    const auto x = matrix(6, 4), readout = matrix(6, 5, 7);
    xtn::random_stream random(3);
    const auto fill = [&](const xtn::parameter<double>& p) { random.fill_normal(p.values(), 0.7); };

    xtn::parameter<double> bias(std::vector<std::size_t>{5});
    const xtn::nn::linear<double> linear(small_low_rank(), bias);
    xtn::nn::layer_norm<double> norm(4);
    xtn::nn::rms_norm<double> rms(4);
    xtn::nn::embedding<double> embedding(3, 4);
    xtn::nn::positions<double> sinusoids(xtn::nn::position_kind::sinusoidal, 3, 4);
    xtn::nn::positions<double> learned(xtn::nn::position_kind::learned, 5, 4);  // a context longer than the sequences
    for (const auto& p : {bias, norm.weight(), norm.bias(), rms.weight(), embedding.table(), learned.table()}) fill(p);
    static const std::vector<std::uint32_t> tokens{1, 0, 2, 2, 1, 1};

    const auto loss = [&](tape<double>& t) {
        const auto h = learned(sinusoids(embedding(t, std::span<const std::uint32_t>(tokens)), 3), 3, 1);
        const auto y = linear(rms(norm(h)));
        return einsum<"bo,bo,bo->">(y, y, xtn::constant(readout));
    };
    for (const auto& p : linear.parameters()) BOOST_TEST(parameter_error(p.value, loss) < 1e-7, p.name);
    for (const auto& p : norm.parameters()) BOOST_TEST(parameter_error(p.value, loss) < 1e-7, "norm " << p.name);
    BOOST_TEST(parameter_error(rms.weight(), loss) < 1e-7);
    BOOST_TEST(parameter_error(embedding.table(), loss) < 1e-7);
    BOOST_TEST(parameter_error(learned.table(), loss) < 1e-7);
    BOOST_TEST(learned.parameters().size() == 1);
    BOOST_TEST(sinusoids.parameters().size() == 0);
    BOOST_TEST(xtn::nn::rms_norm<double>(4, 1e-5, 0, false).parameters().size() == 0);
    BOOST_TEST(xtn::nn::layer_norm<double>(4, 1e-5, false).parameters().size() == 0);

    // A frozen operator on a constant still trains its bias.
    const auto frozen = small_low_rank();
    for (const auto& p : frozen.parameters()) xtn::parameter<double>(p.value).set_trainable(false);
    const xtn::nn::linear<double> only_bias(frozen, bias);
    BOOST_TEST(parameter_error(bias, [&](tape<double>& t) {
                   const auto y = only_bias(t.constant(x));
                   return einsum<"bo,bo,bo->">(y, y, xtn::constant(readout));
               }) < 1e-7);
}

BOOST_AUTO_TEST_CASE(bias_and_activation_in_a_linear_layer) {
    const auto x = matrix(6, 4), readout = matrix(6, 5, 7);
    xtn::parameter<double> bias(std::vector<std::size_t>{5});
    xtn::random_stream(3).fill_normal(bias.values(), 0.7);
    const xtn::nn::linear<double> biased(small_low_rank(), bias), bare(biased.weight());
    using kind = xtn::nn::activation_kind;
    for (const kind f : {kind::none, kind::relu, kind::gelu, kind::gelu_tanh, kind::silu})
        for (const auto& layer : {biased, bare}) {
            const auto loss = [&](tape<double>& t) {
                return einsum<"bo,bo->">(layer(t.constant(x), f), xtn::constant(readout));
            };
            BOOST_TEST_CONTEXT("activation " << static_cast<int>(f) << ", " << layer.parameters().size()) {
                tape<double> t;
                const auto fused = layer(t.constant(x), f), apart = xtn::nn::activated(layer(t.constant(x)), f);
                BOOST_TEST(xt::all(xt::equal(fused.value(), apart.value())));
                for (const auto& p : layer.parameters()) BOOST_TEST(parameter_error(p.value, loss) < 1e-7, p.name);
            }
        }
}

/// A rule made outside the library: y = x^3.
var<2> cube(const var<2>& x) {
    const var<2> y = x.tape().result(x.shape(), x);
    for (std::size_t i = 0; i < x.size(); ++i) y.data()[i] = x.data()[i] * x.data()[i] * x.data()[i];
    x.tape().record(y, [x](const double* dy) {
        if (const auto dx = x.sink())
            for (std::size_t i = 0; i < x.size(); ++i)
                dx.data[i] = (dx.accumulate ? dx.data[i] : 0) + 3 * x.data()[i] * x.data()[i] * dy[i];
    });
    return y;
}

BOOST_AUTO_TEST_CASE(users_write_their_own_rules) {
    BOOST_TEST(xtn::check_gradient([](auto&, auto x) { return cube(x); }, std::tuple(matrix(3, 4))).worst() < 1e-7);
}

BOOST_AUTO_TEST_CASE(the_checker_finds_a_wrong_rule) {
    const auto wrong = [](auto& t, auto x) {
        const auto y = t.result(x.shape(), x);
        std::copy_n(x.data(), x.size(), y.data());
        t.record(y, [x](const double* dy) {
            if (const auto dx = x.sink()) std::copy_n(dy, x.size(), dx.data);  // overwrites instead of adding
        });
        return y;
    };
    const auto errors = xtn::check_gradient(wrong, std::tuple(matrix(2, 2)));
    BOOST_TEST(errors.doubled > 0.1);
    BOOST_TEST(errors.elements < 1e-7);
    const auto scaled = xtn::check_gradient([](auto&, auto x) { return cube(x) + x; }, std::tuple(matrix(2, 2)), 1.0);
    BOOST_TEST(scaled.elements > 1e-3);  // a step of 1 is no derivative
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
