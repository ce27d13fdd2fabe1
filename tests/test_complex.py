"""Complex values between real inputs and real outputs: pairing by Re(sum w t), parts, Fourier transforms, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from rule_cases import check_array_function
from support import TRACING_MODES, assert_close, exact_modes, numerical_jacobian, tracing_modes

import admodes as ad
from admodes.careful import has_nan
from admodes.errors import MissingRuleError, OutputError, TracedValueError, UnsupportedError
from admodes.rules import ELEMENTWISE

RNG = np.random.default_rng(31)
X = RNG.normal(size=5)
M = RNG.normal(size=(4, 3))
C = RNG.normal(size=5) + 1j * RNG.normal(size=5)
A = RNG.normal(size=(5, 5))


def parts(z: Any) -> Any:
    """A complex result as real numbers."""
    return np.stack([np.real(z), np.imag(z)])


def written(x: Any) -> Any:
    z = np.zeros_like(x, dtype=complex)
    z[0] = x[1]
    z[1:3] = x[:2] * 1j
    z[[3, 4]] = z[[0, 1]] + x[3]
    z *= C
    return parts(z)


def written_scalars(x: Any) -> Any:
    z = np.zeros_like(x, dtype=complex)
    for i in range(len(x)):
        z[i] = x[i] * (1 + 2j) + (z[i - 1] if i else 0)
    return np.abs(z)


ANALYTIC = {
    "negative": (np.negative, X),
    **{ufunc.__name__: (ufunc, X) for ufunc in (np.exp, np.exp2, np.expm1, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh)},
    **{ufunc.__name__: (ufunc, X) for ufunc in (np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arctanh, np.positive)},
    **{ufunc.__name__: (ufunc, X) for ufunc in (np.log, np.log2, np.log10, np.log1p, np.sqrt, np.square, np.reciprocal)},
}

PROGRAMS = {
    "sum_of_products": lambda x: parts(np.sum(x * C) + np.sum((x + 1j) * (C - x))),
    "quotient": lambda x: parts((x + C) / (2 - 1j * x)),
    "power_of_a_constant": lambda x: parts((x + 1j) ** 3 + (x + 2j) ** -1.5 + (x + 1j) ** 2),
    "power": lambda x: parts((2 + 1j) ** x + (x + 3j) ** (x * 1j) + np.float_power(x + 3j, 1.5)),
    "reflected": lambda x: parts((1j + x) - (1j - x) * (2j / (x + 3j))),
    "power of negative numbers": lambda x: parts(x ** (1j * x) + np.power(-2.0, x + 1j)),
    "parts": lambda x: np.real(x * C) * np.imag(x + C) + (x * C).real * (x + C).imag,
    "parts_of_real_values": lambda x: np.real(x) + np.imag(x) + x.real * x.imag + x.conj() + np.angle(x) + np.real_if_close(x),
    "absolute": lambda x: np.abs(x * C) + abs(x[0] + 1j * x[1]),
    "angle": lambda x: np.angle(x + 1j * x[::-1]) + np.angle(x * C, deg=True),
    "conjugate": lambda x: parts(np.conj(x * C) + (x * C).conj() * (x + 1j).conjugate()),
    "real_if_close": lambda x: np.real_if_close((x * 1j) * 1j),
    "scalars": lambda x: (lambda z: (z * z.conj()).real + abs(z) + (z**3).imag + (1 / z).real)(x[0] + 1j * x[1]),
    "written": written,
    "written_scalars": written_scalars,
    "matmul": lambda x: parts((A + 1j * A.T) @ (x * (1 + 2j)) + (x * C) @ A),
    "outer": lambda x: parts(np.outer(x * C, x + 1j)),
    "einsum": lambda x: parts(np.einsum("ij,j,i->i", A, x * C, x + 1j)),
    "vdot": lambda x: parts(np.vdot(x * C, x + 1j)),
    "norm": lambda x: np.linalg.norm(x * C) + np.linalg.norm(np.outer(x, C), axis=1),
    "variance": lambda x: np.var(x * C) + np.std(x + x * 1j) + np.var(np.outer(x, C), axis=0),
    "mean_of_rows": lambda x: parts(np.mean(np.outer(x, C), axis=0) + np.cumsum(x * C)),
    "product": lambda x: parts(np.prod(x[:2] + 1j)),
    "product of conjugates": lambda x: np.real(np.linalg.det(np.outer(x[:3] * C[:3] + 1j, C[:3]) + np.eye(3))),
    "convolve": lambda x: parts(np.convolve(x * C, C) + np.correlate(C, x * 1j + 1, "full")),
    "polynomial": lambda x: parts(np.polyval(x * C, 1 + 1j) + np.polyval(C, x * 1j)),
    "where": lambda x: parts(np.where(x > 0, x * 1j, x)),
    "concatenate": lambda x: parts(np.concatenate([x, x * 1j])),
    "stack": lambda x: parts(np.stack([x, x * C, C]).T),
    "indexing": lambda x: parts((x * C)[[0, 0, 3]] * (x + 1j)[1:4]),
    "reshape": lambda x: parts(np.reshape(np.outer(x, C), (-1,))[::2]),
    "stack_of_scalars": lambda x: parts(np.stack([x[0] * 1j, x[1], 2.0])),
    "in_place": lambda x: (lambda z: (z.__imul__(C), z.__iadd__(x), np.abs(z))[2])(x * (1 + 0j)),
    "astype": lambda x: parts(x.astype(complex) * 1j),
    "solve": lambda x: parts(np.linalg.solve(np.eye(5) + 1j * np.outer(x, x), x)),
    "determinant": lambda x: parts(np.linalg.det(np.eye(5) + 1j * np.outer(x, x))),
    "inverse": lambda x: parts(np.linalg.inv(np.eye(5) * (2 + 1j) + np.outer(x, x))),
    "branch": lambda x: np.abs(x * 1j) if (x[0] * 1j).imag > 10 else np.abs(x * C),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    """Breaks if a complex value on the way spoils the value, the derivative or the second derivative."""
    check_array_function(PROGRAMS[name], X, rounding=1e-15 if name == "norm" else 0.0)


@pytest.mark.parametrize("name", ANALYTIC)
def test_analytic_functions(name: str) -> None:
    """Breaks if a partial that is right for real arguments is wrong for complex ones."""
    ufunc, x = ANALYTIC[name]
    check_array_function(lambda x: parts(ufunc(0.4 * x + 0.3j)), x)
    check_array_function(lambda x: parts(ufunc(0.2 * x[0] + 0.3j * x[1])), x)


def test_every_analytic_rule_is_tried() -> None:
    """Breaks if a rule is called analytic and no test tries it on complex arguments."""
    tried = {ufunc for ufunc, _ in ANALYTIC.values()} | {np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power}
    assert {function for function, rule in ELEMENTWISE.items() if rule.analytic and isinstance(function, np.ufunc)} == tried


NORMS = (None, "backward", "ortho", "forward")
FOURIER: dict[str, Any] = {
    **{f"fft {norm}": lambda x, norm=norm: parts(np.fft.fft(x, norm=norm)) for norm in NORMS},
    **{f"ifft {norm}": lambda x, norm=norm: parts(np.fft.ifft(x * C, norm=norm)) for norm in NORMS},
    **{f"rfft {norm}": lambda x, norm=norm: parts(np.fft.rfft(x, norm=norm)) for norm in NORMS},
    **{f"irfft {norm}": lambda x, norm=norm: np.fft.irfft(x * C, norm=norm) for norm in NORMS},
    **{f"hfft {norm}": lambda x, norm=norm: np.fft.hfft(x * C, norm=norm) for norm in NORMS},
    **{f"ihfft {norm}": lambda x, norm=norm: parts(np.fft.ihfft(x, norm=norm)) for norm in NORMS},
    **{f"fft n={n}": lambda x, n=n: parts(np.fft.fft(x, n)) for n in (1, 3, 5, 8)},
    **{f"ifft n={n}": lambda x, n=n: parts(np.fft.ifft(x, n)) for n in (3, 8)},
    **{f"rfft n={n}": lambda x, n=n: parts(np.fft.rfft(x, n)) for n in (1, 2, 3, 4, 8, 9)},
    **{f"irfft n={n}": lambda x, n=n: np.fft.irfft(x * C, n) for n in (1, 2, 3, 4, 8, 9, 12)},
    **{f"hfft n={n}": lambda x, n=n: np.fft.hfft(x * C, n) for n in (3, 8, 9)},
    "irfft of real values": lambda x: np.fft.irfft(x),
    "fft there and back": lambda x: np.real(np.fft.ifft(np.fft.fft(x) * C)),
    "rfft there and back": lambda x: np.fft.irfft(np.fft.rfft(x) * C[:3], 5),
    "spectrum": lambda x: np.abs(np.fft.rfft(x)) ** 2,
    "fftshift": lambda x: np.fft.fftshift(x) * np.arange(5.0) + np.fft.ifftshift(x),
    "fftshift of complex values": lambda x: parts(np.fft.fftshift(np.fft.fft(x))),
}
PLANE: dict[str, Any] = {
    **{f"fft axis={axis}": lambda x, axis=axis: parts(np.fft.fft(x, axis=axis)) for axis in (0, 1, -1, -2)},
    **{f"rfft axis={axis}": lambda x, axis=axis: parts(np.fft.rfft(x, axis=axis)) for axis in (0, 1)},
    **{f"irfft axis={axis}": lambda x, axis=axis: np.fft.irfft(x * (1 + 2j), axis=axis) for axis in (0, 1)},
    **{f"irfft n=5, axis={axis}": lambda x, axis=axis: np.fft.irfft(x * (1 + 2j), 5, axis=axis) for axis in (0, 1)},
    "fft2": lambda x: parts(np.fft.fft2(x)),
    "fft2 s": lambda x: parts(np.fft.fft2(x, s=(3, 4))),
    "fft2 axes": lambda x: parts(np.fft.fft2(x, axes=(1, 0), norm="ortho")),
    "ifft2": lambda x: parts(np.fft.ifft2(x * 1j, norm="forward")),
    "fftn": lambda x: parts(np.fft.fftn(x)),
    "fftn one axis": lambda x: parts(np.fft.fftn(x, axes=(0,))),
    "fftn s": lambda x: parts(np.fft.fftn(x, s=(2, 5), axes=(0, 1))),
    "ifftn": lambda x: parts(np.fft.ifftn(x)),
    "rfft2": lambda x: parts(np.fft.rfft2(x)),
    "rfft2 s": lambda x: parts(np.fft.rfft2(x, s=(3, 4))),
    "irfft2": lambda x: np.fft.irfft2(x * (1 - 1j)),
    "irfft2 s": lambda x: np.fft.irfft2(x * (1 - 1j), s=(4, 5)),
    "rfftn": lambda x: parts(np.fft.rfftn(x, norm="ortho")),
    "irfftn": lambda x: np.fft.irfftn(x * (1 + 1j), norm="ortho"),
    "rfftn there and back": lambda x: np.fft.irfftn(np.fft.rfftn(x) * 2j, s=x.shape, axes=(0, 1)),
    "fftshift axes": lambda x: np.fft.fftshift(x, axes=0) + np.fft.ifftshift(x, axes=(1,)) * 2,
    "fftshift all": lambda x: np.fft.fftshift(x) * np.arange(12.0).reshape(4, 3) + np.fft.ifftshift(x),
}


@pytest.mark.parametrize("name", FOURIER)
def test_fourier_transforms(name: str) -> None:
    """Breaks if a length, a normalisation or a frequency that stands for two is lost in a transform or its transpose."""
    check_array_function(FOURIER[name], X)


@pytest.mark.parametrize("name", PLANE)
def test_fourier_transforms_along_axes(name: str) -> None:
    """Breaks if a leading axis of seeds is transformed, or an axis of the array's own is not."""
    check_array_function(PLANE[name], M)


@exact_modes
def test_long_transforms(method: str) -> None:
    """A spectral derivative, whose gradient is known: the operator is its own transpose up to the sign."""
    n = 5000
    x = np.sin(2 * np.pi * np.arange(n) / n) + RNG.normal(size=n)
    frequencies = 2j * np.pi * np.fft.fftfreq(n)
    weights = RNG.normal(size=n)

    def slope(x: Any) -> Any:
        return np.real(np.fft.ifft(frequencies * np.fft.fft(x)))

    np.testing.assert_allclose(
        ad.vjp(slope, x, method=method)[1](weights) if method == "reverse" else -ad.jvp(slope, x, weights, method=method)[1],
        -slope(weights),
        atol=1e-11,
    )


@exact_modes
def test_single_precision_stays(method: str) -> None:
    """Breaks if complex64 becomes complex128 on the way."""
    value, derivative = ad.value_and_jacobian(lambda x: np.abs(np.fft.fft(x) * np.complex64(1j)), X.astype(np.float32), method)
    assert value.dtype == derivative.dtype == np.float32


@tracing_modes
def test_outputs_must_be_real(method: str) -> None:
    """Breaks if a complex output is differentiated as if it were its real part."""
    for f in (np.fft.fft, lambda x: x[0] * 1j, lambda x: {"a": np.sum(x), "b": x + 1j}):
        with pytest.raises(OutputError, match=r"np\.real\(z\)"):
            ad.differentiate(f, X, method=method)


REFUSED = {
    "maximum": lambda x: np.maximum(x * 1j, 0),
    "sign": lambda x: np.sqrt(np.abs(np.cbrt(x * 1j))),
    "arctan2": lambda x: np.arctan2(x * 1j, x),
    "largest": lambda x: np.max(x * 1j).real,
    "hypot": lambda x: np.hypot(x * 1j, x),
}


@tracing_modes
@pytest.mark.parametrize("name", REFUSED)
def test_functions_of_real_values_alone(method: str, name: str) -> None:
    """Breaks if a rule for real values is used on complex ones."""
    with pytest.raises((MissingRuleError, TypeError)):
        ad.differentiate(REFUSED[name], X, method=method)


@tracing_modes
def test_imaginary_parts_are_never_dropped(method: str) -> None:
    """Breaks if a conversion to real numbers loses half of the derivative without a word."""

    def into_real_array(x: Any) -> Any:
        y = np.zeros_like(x)
        y[0] = x[1] * 1j
        return y

    for f in (into_real_array, lambda x: (x * 1j).astype(float), lambda x: float(abs(complex(x[0] * 1j)))):
        with pytest.raises(TracedValueError):
            ad.differentiate(f, X, method=method)

    def through_a_part(x: Any) -> Any:
        z = x * (1 + 1j)
        z.real[0] = 5.0
        return np.abs(z)

    with pytest.raises(ValueError, match="read-only"):
        ad.differentiate(through_a_part, X, method=method)


def test_structural_zeros_pass_through_complex_values() -> None:
    """Breaks if a branch that was not chosen spoils a complex value by its infinite derivative."""
    x = np.array([0.0, 4.0])

    def f(x: Any) -> Any:
        return np.real(np.fft.fft(np.where(x > 1, np.sqrt(x), 2 * x) * (1 + 0j)))

    for method in TRACING_MODES:
        np.testing.assert_allclose(ad.jacobian(f, x, method=method), [[2.0, 0.25], [2.0, -0.25]])


# ---- the cuts of functions of complex values


CUTS = {
    **dict.fromkeys(("arcsin", "arccos", "arctanh", "sqrt", "log", "log2", "log10", "log1p"), 1),
    **dict.fromkeys(("arctan", "arcsinh"), 1j),
}


@tracing_modes
@pytest.mark.parametrize("exponent", [0.5, -1.5, 0.3 + 0.2j])
def test_powers_on_both_sides_of_their_cut(exponent: complex, method: str) -> None:
    """Breaks if a power of a negative number below the real axis is that above."""
    for below in (False, True):
        for power in (np.power, lambda z, e: z**e):
            for part in (np.real, np.imag):

                def f(x: Any, below: bool = below, power: Any = power, part: Any = part) -> Any:
                    z = x + 0j
                    return part(power(np.conj(z) if below else z, exponent)) * x

                assert_close(ad.differentiate(f, -1.7, method=method), numerical_jacobian(f, -1.7), 1e-9)


@tracing_modes
@pytest.mark.parametrize("name", CUTS)
def test_both_sides_of_a_cut(name: str, method: str) -> None:
    """Breaks if the sign of a zero, which says the side of a cut that is meant, is lost on the way to the derivative."""
    ufunc, axis = getattr(np, name), CUTS[name]

    def on_the_cut(x: Any, side: int) -> Any:
        z = x * axis + 0j * np.conj(axis) if axis == 1 else x * axis
        return z if side == 1 else np.conj(z) * (1 if axis == 1 else -1)

    for x in (2.29, -2.29):
        for side in (1, -1):
            for part in (np.real, np.imag):
                f = lambda x, side=side, part=part: part(ufunc(on_the_cut(x, side))) * x  # noqa: E731 - one of a table
                assert_close(ad.differentiate(f, x, method=method), numerical_jacobian(f, x), 1e-9)


# ---- symbolic mode


TOO_LARGE = {
    "solve": "np.linalg.solve of matrices up to 4 x 4, but this one is 5 x 5",
    "determinant": "np.linalg.det of matrices up to 4 x 4, but this one is 5 x 5",
    "inverse": "np.linalg.inv of matrices up to 4 x 4, but this one is 5 x 5",
    "rfft n=9": "np.fft.rfft of up to 8 points, but here are 9",
    "irfft n=9": "np.fft.irfft of up to 8 points, but here are 9",
    "irfft n=12": "np.fft.irfft of up to 8 points, but here are 12",
    "hfft n=9": "np.fft.hfft of up to 8 points, but here are 9",
}
SYMBOLIC = {
    **{name: (f, X) for name, f in (PROGRAMS | FOURIER).items()},
    **{name: (f, M) for name, f in PLANE.items()},
    **{f"{name} above": (lambda x, u=ufunc: parts(u(0.4 * x + 0.3j)), x) for name, (ufunc, x) in ANALYTIC.items()},
    **{f"{name} mixed": (lambda x, u=ufunc: parts(u(0.2 * x[0] + 0.3j * x[1])), x) for name, (ufunc, x) in ANALYTIC.items()},
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic_mode(name: str) -> None:
    """Breaks if an expression loses its imaginary part, or a transform too large for formulas is not refused by its name."""
    f, x = SYMBOLIC[name]
    if name in TOO_LARGE:
        with pytest.raises(UnsupportedError, match=TOO_LARGE[name]):
            ad.jacobian(f, x, method="symbolic")
        return
    value, derivative = ad.value_and_jacobian(f, x, method="symbolic")
    np.testing.assert_allclose(value, f(x), rtol=1e-14, atol=1e-14)
    assert_close(derivative, numerical_jacobian(f, x), 1e-8)
    assert_close(derivative, ad.jacobian(f, x, method="reverse"), 1e-13)
    elsewhere = ad.symbolic_derivative(f, x + 0.01)
    assert_close(elsewhere(x), derivative, 1e-12)


@pytest.mark.parametrize("length", range(1, 9))
def test_roots_of_one_are_exact(length: int) -> None:
    """Breaks if a coefficient is a rounded number: then equality with SymPy's roots of one is lost."""
    symbols = sympy.symbols(f"x_:{length}", real=True)
    for k, found in enumerate(ad.symbolic_derivative(lambda x: parts(np.fft.fft(x)), np.ones(length)).outputs.T):
        angles = [2 * sympy.pi * sympy.Rational(j * k % length, length) for j in range(length)]
        truth = [sum(t(a) * x for a, x in zip(angles, symbols, strict=True)) for t in (sympy.cos, lambda a: -sympy.sin(a))]
        assert [sympy.expand(ours - true) for ours, true in zip(found, truth, strict=True)] == [0, 0]
        assert not any(part.has(sympy.Float) for part in found)


def test_expressions_of_spectra() -> None:
    """Breaks if published expressions are not the real ones that one would write."""
    a, b = sympy.symbols("x_0 x_1", real=True)
    power = ad.symbolic_derivative(lambda x: np.abs(np.fft.fft(x)) ** 2, np.array([1.0, 2.0])).outputs
    assert [sympy.expand(part) for part in power] == [sympy.expand((a + b) ** 2), sympy.expand((a - b) ** 2)]
    x = sympy.Symbol("x", real=True)
    wave = ad.symbolic_derivative(lambda x: np.stack([np.real(np.exp(1j * x)), np.abs(np.exp(1j * x))]), 1.0)
    assert wave.expressions[0] == -sympy.sin(x)
    assert sympy.simplify(wave.outputs[1]) == 1
    hessian = ad.hessian(lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), X, method="symbolic")
    assert_close(hessian, 10 * np.eye(5), 1e-13)


def test_conditions_on_complex_values() -> None:
    """Breaks if a branch on a complex value is not noted, or not tested at another point."""
    f = lambda x: np.abs(x * 1j + 3) if x * 1j == 2j or abs(x + 1j) > 5 else x**3  # noqa: E731 - a formula
    found = ad.symbolic_derivative(f, 2.0)
    assert found.conditions
    for x in (2.0, 1.0, 7.0):
        assert_close(found(x), ad.differentiate(f, x, method="forward"), 1e-14)


@exact_modes
def test_masks_see_both_parts_of_a_complex_value(method: str) -> None:
    """Breaks if the sweep that follows a NaN takes a purely imaginary cotangent, or the imaginary part of a tangent, for zero."""

    def f(x: Any) -> Any:
        z = np.where(x > 5.0, np.sqrt(x - x), x)
        return np.imag(1j * z) + np.imag(np.exp(1j * z))

    assert_close(ad.gradient(f, 2.0, method=method), 1 + np.cos(2.0), 1e-12)


@pytest.mark.parametrize("size", [0, 1, 5000])
@pytest.mark.parametrize("value", [np.nan, complex(0.0, np.nan), complex(np.nan, 0.0), np.inf, -np.inf])
def test_a_nan_is_seen_whatever_the_size(size, value):
    """Breaks if a NaN in a large or complex result is overlooked, or an infinity taken for one."""
    array = np.zeros(size, type(value))
    array[size // 2 : size // 2 + 1] = value
    assert has_nan(array) == bool(np.isnan(array).any())
