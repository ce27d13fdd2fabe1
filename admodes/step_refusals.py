"""What the complex step refuses, as f wrote it, and what to write instead."""

from __future__ import annotations

from typing import NoReturn

from .custom import CustomPrimitive
from .errors import MissingRuleError
from .kinds import Primitive

NESTED = (
    "A complex step inside another derivative is not supported: the outer one would have to differentiate by the step. "
    "Use method='forward' or method='reverse' for the inner derivative; the complex step may be the outer one."
)

#: What f wrote where a primitive has a name of its own.
_WRITTEN = {
    "modulus": "absolute",
    "constant_power": "power",
    "_product": "prod",
    "bessel_i0": "i0",
    "_zeta": "zeta",
    "spectral_norm": "norm(x, 2)",
    "smallest_singular_value": "norm(x, -2)",
    "nuclear_norm": "norm(x, 'nuc')",
}
#: Functions which f may have called, and which call these.
_CALLERS = {
    "absolute": "norms of other orders than 2 and np.linalg.cond by them",
    "norm(x, -2)": "np.linalg.cond",
    "i0": "np.kaiser",
    "zeta": "polygamma",
    "poch": "perm",
    "binom": "comb",
}
#: What to write instead of functions that are not analytic.
_CURES = {
    "absolute": "np.sign(x) * x, x * x < 1 in a condition, np.sqrt(np.real(z)**2 + np.imag(z)**2) of complex values",
    "fabs": "np.sign(x) * x",
    "copysign": "np.where(y < 0, -x, x) of a positive x",
    "norm": "np.sqrt(np.sum(x * x))",
    "cholesky": "np.linalg.solve and np.linalg.det",
    "pinv": "np.linalg.solve(a.T @ a, a.T)",
    "lstsq": "np.linalg.solve(a.T @ a, a.T @ b)",
    "poch": "gamma(z + m) / gamma(z)",
    "binom": "gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1))",
}
_POLAR = (
    "r**p * (np.cos(p * t) + 1j * np.sin(p * t)) with r = np.sqrt(np.real(z)**2 + np.imag(z)**2) "
    "and t = np.arctan2(np.imag(z), np.real(z))"
)
_BLOCKS = "of np.block([[A, -B], [B, A]]) for A + 1j * B"
#: What to write instead of functions of complex values.
_BY_PARTS = {
    "exp": "np.exp(np.real(z)) * (np.cos(np.imag(z)) + 1j * np.sin(np.imag(z)))",
    "log": "0.5 * np.log(np.real(z)**2 + np.imag(z)**2) + 1j * np.arctan2(np.imag(z), np.real(z))",
    "power": _POLAR,
    "sqrt": f"{_POLAR} and p = 0.5",
    "prod": "functools.reduce(np.multiply, z)",
    "solve": f"np.linalg.solve {_BLOCKS} and np.concatenate([c, d]) for c + 1j * d: the parts are the halves of the solution",
    "inv": f"np.linalg.inv {_BLOCKS}: the parts are its two blocks on the left",
    "det": f"np.linalg.det {_BLOCKS}, which is np.abs(det)**2, or the determinant by its products",
}


def refuse_complex(primitive: Primitive) -> NoReturn:
    """Raise for a function of values that are complex in f."""
    name = _WRITTEN.get(primitive.name, primitive.name)
    cure = _BY_PARTS.get(name, "it with real functions of np.real(z) and np.imag(z)")
    raise MissingRuleError(
        f"{name} of values that are complex in f cannot be taken by the complex step, which itself moves into the "
        "complex plane: only linear functions, products, quotients and whole powers of them can. "
        f"Write {cure}, or use method='forward' or method='reverse'."
    )


def refuse_unless_analytic(primitive: Primitive) -> None:
    """Raise for a function that has no known evaluation on complex numbers."""
    if primitive.analytic or primitive.continuation is not None:
        return
    name = _WRITTEN.get(primitive.name, primitive.name)
    cure = _CURES.get(name)
    if isinstance(primitive, CustomPrimitive):
        cure = f"{primitive.name}.analytic = True if it takes complex numbers and is analytic there"
    callers = f", nor what calls it ({_CALLERS[name]})" if name in _CALLERS else ""
    raise MissingRuleError(
        f"{name} is not analytic, or no evaluation of it on complex numbers is known: the complex step cannot "
        f"differentiate it{callers}. {f'Write {cure}' if cure else 'Write it with analytic functions'}, "
        "or use method='forward' or method='reverse'."
    )


def refuse_real_result(primitive: Primitive, why: str) -> NoReturn:
    """Raise for a primitive that is said to be analytic, and is not."""
    raise MissingRuleError(
        f"{primitive.name} is marked analytic, but {why}: the derivative is in the imaginary part. Let it compute with complex "
        "arrays: np.zeros(x.shape, x.dtype) in place of np.zeros(3), np.asarray(x) in place of np.asarray(x, float), np.sin in "
        f"place of math.sin, no np.real and no np.abs. Otherwise write {primitive.name}.analytic = False, and use "
        "method='forward' or method='reverse'."
    )
