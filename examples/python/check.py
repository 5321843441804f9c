#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Python module against NumPy: contractions of every scalar type on strided arrays, the MPO layer, its gradient."""
import numpy

import xtn

generator = numpy.random.default_rng(1)


def normal(*shape, dtype="f8"):
    a = generator.standard_normal(shape)
    if numpy.dtype(dtype).kind == "c":
        a = a + 1j * generator.standard_normal(shape)
    return a.astype(dtype)


def close(a, b, tolerance=1e-10):
    assert a.shape == b.shape and a.dtype == b.dtype, (a.shape, b.shape, a.dtype, b.dtype)
    assert numpy.abs(a - b).max(initial=0) <= tolerance * numpy.abs(b).max(initial=1), numpy.abs(a - b).max()


def refused(kind, words, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind as error:
        assert words in str(error), error
    else:
        raise AssertionError(f"no {kind.__name__} about {words}")


def check_einsum():
    for dtype, tolerance in (("f4", 1e-4), ("f8", 1e-10), ("c8", 1e-4), ("c16", 1e-10)):
        a, b, c = normal(6, 5, dtype=dtype), normal(5, 7, dtype=dtype), normal(7, 4, 5, dtype=dtype)
        for labels, arrays in (
            ("ij,jk->ik", (a, b)),
            ("ij,jk,klj->il", (a, b, c)),
            ("ji,kj->ik", (a.T, b.T)),
            ("ij,jk->ik", (a[::-2, ::2], b[1:4])),
            ("ij,jk->ik", (numpy.broadcast_to(a[0], (3, 5)), b)),
            ("ij,ij", (a, a)),
            ("ii->i", (a[:5],)),
            ("i,j->ij", (a[0], b[0])),
            ("ij,jk->ik", (a[:0], b)),
        ):
            close(numpy.asarray(xtn.einsum(labels, *arrays)), numpy.asarray(numpy.einsum(labels, *arrays)), tolerance)
    refused(ValueError, "names 2 operands, but 1", xtn.einsum, "ij,jk", normal(2, 2))
    refused(xtn.ShapeError, "j", xtn.einsum, "ij,jk", normal(2, 3), normal(2, 3))
    refused(TypeError, "different dtypes", xtn.einsum, "ij,jk", normal(2, 3), normal(3, 2, dtype="f4"))
    refused(TypeError, "not int64", xtn.einsum, "ij->ji", numpy.zeros((2, 2), dtype="i8"))
    refused(TypeError, "dtype >f8, whose bytes are in the other order", xtn.einsum, "ij->ji", numpy.zeros((2, 2), dtype=">f8"))
    refused(TypeError, ">c8", xtn.einsum, "ij,jk", normal(2, 3, dtype="c8"), normal(3, 2).astype(">c8"))
    refused(ValueError, "no arrays", xtn.einsum, "ij->ji")
    refused(TypeError, "found nothing", xtn.einsum)


def check_networks():
    """The list form, against NumPy's, and a ring of 80 matrices, whose trace is known."""
    for dtype, tolerance in (("f4", 1e-4), ("f8", 1e-10), ("c8", 1e-4), ("c16", 1e-10)):
        a, b, c = normal(6, 5, dtype=dtype), normal(5, 7, dtype=dtype), normal(7, 4, 5, dtype=dtype)
        close(xtn.einsum(a[::2].T, "ji", b, "jk", c, ["k", "l", "j"], "li"), numpy.einsum("ji,jk,klj->li", a[::2].T, b, c), tolerance)
        close(xtn.einsum(a, (("row", 1), 2), b, (2, "2")), a @ b, tolerance)  # without an output, labels that look alike
        close(xtn.einsum("ij,jk,klj->il", a, b, c, optimize=[(1, 2), (0, 1)]), numpy.einsum("ij,jk,klj->il", a, b, c), tolerance)
    ring = [normal(3, 3) for _ in range(80)]
    arguments = [x for i, m in enumerate(ring) for x in (m, (i, (i + 1) % 80))]
    trace = numpy.trace(numpy.linalg.multi_dot(ring))
    close(xtn.einsum(*arguments), trace)
    mantissa, exponent = xtn.einsum(*[x if isinstance(x, tuple) else 1e-9 * x for x in arguments], [], strip_exponent=True)
    assert abs(mantissa * 10 ** (exponent + 720) / trace - 1) < 1e-9, (mantissa, exponent, trace)
    refused(xtn.ShapeError, "tensor 1 (j, k) of 2 has extent 2 for label 'j'", xtn.einsum, normal(2, 3), "ij", normal(2, 3), "jk")
    refused(ValueError, "found 'best'", xtn.einsum, "ij->ji", ring[0], optimize="best")
    refused(ValueError, "entry 0 names position 2", xtn.einsum, *arguments[:4], optimize=[(0, 2)])
    refused(TypeError, "different dtypes", xtn.einsum, ring[0], "ij", ring[0].astype("f4"), "jk")


def check_mpo():
    out_sites, in_sites = [2, 3, 4], [5, 2, 3]
    for dtype, tolerance in (("f4", 1e-4), ("f8", 1e-10)):
        w, x = normal(24, 30, dtype=dtype), normal(7, 30, dtype=dtype)
        exact = xtn.mpo(w, out_sites, in_sites, bond=30)
        assert exact.relative_error < tolerance
        close(exact.to_dense(), w, tolerance)

        layer = xtn.mpo(w, out_sites, in_sites, bond=4)
        dense = layer.to_dense()
        close(numpy.einsum("aoib,bpjc,cqkd->opqijk", *layer.cores).reshape(24, 30), dense, tolerance)
        assert abs(numpy.linalg.norm(w - dense) / numpy.linalg.norm(w) - layer.relative_error) < 1e-4
        close(layer.apply(x), x @ dense.T, tolerance)

        dy = normal(7, 24, dtype=dtype)
        dx, dcores = layer.pullback(x, dy)
        close(dx, dy @ dense, tolerance)
        # dL/dW = dy^T x, and W is linear in each core.
        a, b, c = layer.cores
        dw = (dy.T @ x).reshape(2, 3, 4, 5, 2, 3)
        close(dcores[0], numpy.einsum("opqijk,bpjc,cqkd->oib", dw, b, c)[None], tolerance)
        close(dcores[1], numpy.einsum("opqijk,aoib,cqkd->bpjc", dw, a, c), tolerance)
        close(dcores[2], numpy.einsum("opqijk,aoib,bpjc->cqk", dw, a, b)[..., None], tolerance)
    refused(TypeError, "float64", layer.apply, normal(7, 30, dtype="f4"))
    refused(ValueError, "30", layer.apply, normal(7, 29))
    refused(ValueError, "dy", layer.pullback, normal(7, 30), normal(6, 24))
    refused(TypeError, "float32 and float64 become operators, not of int64", xtn.mpo, numpy.ones((4, 4), "i8"), [4], [4], bond=2)
    refused(TypeError, "not of complex128", xtn.mpo, normal(4, 4, dtype="c16"), [4], [4], bond=2)
    refused(TypeError, "mpo: w is of dtype >f4", xtn.mpo, normal(4, 4).astype(">f4"), [4], [4], bond=2)
    refused(TypeError, "apply: x is of dtype >f8", xtn.mpo(normal(4, 4), [4], [4], bond=2).apply, normal(1, 4).astype(">f8"))
    refused(ValueError, "multiply to (3, 4)", xtn.mpo, normal(4, 4), [3], [4], bond=2)


check_einsum()
check_networks()
check_mpo()
print("xtn for Python", "agrees with NumPy", numpy.__version__)
