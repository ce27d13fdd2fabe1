"""Stand-ins for those functions of `scipy.special` that are ordinary Python functions.

SciPy's ufuncs (expit, gammaln, erf, jv, ...) meet traced values by NumPy's protocol and have rules. Its ordinary functions
do not: they turn their arguments into plain arrays first, and leave nobody a say. Those that matter for derivatives are here
under the same names and with the same arguments; every other name of this module is SciPy's own, so that
``from admodes import special`` may stand in place of ``from scipy import special``. Needs SciPy: ``admodes[scipy]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as _special

from .errors import MissingRuleError
from .kinds import Reduction
from .levels import Traced, lift
from .table.special.parameters import fixed
from .table.structural import negative_axes

__all__ = ["comb", "factorial", "log_softmax", "logsumexp", "multigammaln", "perm", "polygamma", "softmax"]


def __getattr__(name: str) -> Any:
    return getattr(_special, name)


def _is_traced(*values: Any) -> bool:
    return any(isinstance(lift(value), Traced) for value in values if value is not None)


def _log_of_sum(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return _special.logsumexp(x, axis=axes, keepdims=keepdims)


def _share(out: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """The softmax, normalised anew, since `out` is rounded; where the sum is 0 or infinite, the largest share equally."""
    finite = np.isfinite(out)
    largest = np.where(finite, 0.0, 1.0 * (x == out))
    count = np.sum(largest, axis=axes, keepdims=True)
    equal = largest / np.where(count == 0, 1.0, count)
    soft = np.exp(np.where(finite, x, 0.0) - np.where(finite, out, 0.0))
    soft = soft / np.sum(soft, axis=axes, keepdims=True)
    return np.where(np.isnan(out), out, np.where(finite, soft, equal))


def _log_of_complex_sum(z: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    peak = np.max(np.real(z), axis=axes, keepdims=True)
    total = np.log(np.sum(np.exp(z - peak), axis=axes, keepdims=True)) + peak
    return total if keepdims else np.squeeze(total, axis=axes)


log_sum = Reduction("logsumexp", _log_of_sum, _share)
log_sum.continuation = _log_of_complex_sum


def _vector(a: Any) -> Any:
    """`a` as an array of floating-point numbers with one axis at least."""
    a = lift(a)
    a = a if a.dtype.kind == "f" else a.astype(np.float64)
    return np.reshape(a, (1,)) if a.ndim == 0 else a


def _peak(x: Any, axis: Any) -> Any:
    """The largest elements where they are finite, else 0: what may be subtracted before exp."""
    largest = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0.0)


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """``log(sum(b * exp(a)))`` without overflow, as `scipy.special.logsumexp`.

    Its derivative by a is the softmax, weighted by b. Without b, elements that are all -inf share equally, and so do those
    that are inf. Where a weight is 0 its element counts nothing, whatever it is.

    Parameters
    ----------
    a : array_like
    axis : None or int or tuple of int, optional
    b : array_like, optional
        Weights that broadcast against a.
    keepdims : bool, optional
    return_sign : bool, optional
        Return the pair of ``log(abs(sum))`` and the sign of the sum, whose derivative is zero.

    Returns
    -------
    numpy.ndarray or number, or a pair of them

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import logsumexp
    >>> ad.gradient(logsumexp, [1000.0, 1000.0])
    array([0.5, 0.5])
    """
    if not _is_traced(a, b):
        return _special.logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
    a = _vector(a)
    axes = negative_axes(axis, a.ndim if b is None else max(a.ndim, lift(b).ndim))
    if b is None:
        out = log_sum(a, axes=axes, keepdims=bool(keepdims))
        return (out, np.ones_like(out)) if return_sign else out
    a, b = np.broadcast_arrays(a, _vector(b))
    a = np.where(b == 0, -np.inf, a)
    peak = _peak(a, axes) if a.size else np.sum(a, axis=axes, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total = np.sum(b * np.exp(a - peak), axis=axes, keepdims=True)
        out, sign = np.log(np.abs(total) if return_sign else total) + peak, np.sign(total)
    if not keepdims:
        out, sign = np.squeeze(out, axis=axes), np.squeeze(sign, axis=axes)
    return (out, sign) if return_sign else out


def softmax(x: Any, axis: Any = None) -> Any:
    """``exp(x) / sum(exp(x))`` without overflow, as `scipy.special.softmax`.

    Parameters
    ----------
    x : array_like
    axis : None or int or tuple of int, optional

    Returns
    -------
    numpy.ndarray of x's shape

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import softmax
    >>> ad.jacobian(softmax, [0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    if not _is_traced(x):
        return _special.softmax(x, axis=axis)
    x = lift(x)
    grown = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return grown / np.sum(grown, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """``log(softmax(x))``, exact where the softmax is 0 or 1, as `scipy.special.log_softmax`.

    Parameters
    ----------
    x : array_like
    axis : None or int or tuple of int, optional

    Returns
    -------
    numpy.ndarray of x's shape

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import log_softmax
    >>> ad.gradient(lambda x: log_softmax(x)[0], [0.0, 0.0])
    array([ 0.5, -0.5])
    """
    if not _is_traced(x):
        return _special.log_softmax(x, axis=axis)
    shifted = _vector(x)
    shifted = shifted - _peak(shifted, axis)
    result = shifted - log_sum(shifted, axes=negative_axes(axis, shifted.ndim), keepdims=True)
    return np.reshape(result, lift(x).shape)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of psi, as `scipy.special.polygamma`; n must be constant.

    Parameters
    ----------
    n, x : array_like

    Returns
    -------
    numpy.ndarray or number

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import polygamma
    >>> bool(abs(ad.differentiate(lambda x: polygamma(0, x), 1.0) - 1.6449340668482264) < 1e-15)
    True
    """
    if not _is_traced(n, x):
        return _special.polygamma(n, x)
    n, x = np.asarray(fixed("polygamma", "n", n)), lift(x)
    order = np.where(n == 0, 1, n)[()]
    higher = (-1.0) ** (order + 1) * _special.gamma(order + 1.0) * _special.zeta(order + 1.0, x)
    return higher if np.all(n > 0) else np.where(n == 0, _special.psi(x), higher)


def multigammaln(a: Any, d: Any) -> Any:
    """The logarithm of the multivariate gamma function, as `scipy.special.multigammaln`; d must be constant.

    Parameters
    ----------
    a : array_like
    d : int

    Returns
    -------
    numpy.ndarray or number

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import multigammaln
    >>> float(ad.differentiate(lambda a: multigammaln(a, 1), 1.0).round(6))
    -0.577216
    """
    if not _is_traced(a, d):
        return _special.multigammaln(a, d)
    d, a = np.asarray(fixed("multigammaln", "d", d))[()], lift(a)
    if d != np.floor(d):
        raise ValueError("d should be a positive integer (dimension)")
    if np.any(a <= 0.5 * (d - 1)):
        raise ValueError(f"condition a > 0.5 * (d - 1) = {0.5 * (d - 1)} not met")
    return sum(_special.gammaln(a - 0.5 * j) for j in range(int(d))) + d * (d - 1) * 0.25 * np.log(np.pi)


def _inexact(name: str, exact: Any, **others: Any) -> None:
    refused = [f"{option}={value!r}" for option, value in {"exact": exact, **others}.items() if value]
    if refused:
        raise MissingRuleError(
            f"scipy.special.{name} with {', '.join(refused)} has no rule for traced values: whole numbers have no derivative. "
            "Leave it out: the gamma function takes its place."
        )


def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Any:
    """The number of combinations, continued by the gamma function, as `scipy.special.comb`.

    Parameters
    ----------
    N, k : array_like
    exact, repetition : bool, optional
        Refused for traced values where exact is True.

    Returns
    -------
    numpy.ndarray or number

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import comb
    >>> float(ad.differentiate(lambda n: comb(n, 2), 5.0).round(12))
    4.5
    """
    if not _is_traced(N, k):
        return _special.comb(N, k, exact=exact, repetition=repetition)
    _inexact("comb", exact)
    N, k = lift(N), lift(k)
    if repetition:
        return np.where((k == 0) & (N >= 0), 1.0, comb(N + k - 1, k))
    counts = (k <= N) & (N >= 0) & (k >= 0)
    return np.where(counts, _special.binom(np.where(counts, N, 1.0), np.where(counts, k, 1.0)), 0.0)


def perm(N: Any, k: Any, exact: Any = False) -> Any:
    """The number of permutations, continued by the gamma function, as `scipy.special.perm`.

    Parameters
    ----------
    N, k : array_like
    exact : bool, optional
        Refused for traced values.

    Returns
    -------
    numpy.ndarray or number

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import perm
    >>> float(ad.differentiate(lambda n: perm(n, 2), 5.0).round(12))
    9.0
    """
    if not _is_traced(N, k):
        return _special.perm(N, k, exact=exact)
    _inexact("perm", exact)
    N, k = lift(N), lift(k)
    counts = (k <= N) & (N >= 0) & (k >= 0)
    N, k = np.where(counts, N, 1.0), np.where(counts, k, 1.0)
    return np.where(counts, _special.poch(N - k + 1, k), 0.0)


def factorial(n: Any, exact: Any = False, extend: str = "zero") -> Any:
    """``gamma(n + 1)``, and 0 for negative n, as `scipy.special.factorial`.

    Parameters
    ----------
    n : array_like
    exact : bool, optional
        Refused for traced values.
    extend : str, optional
        "zero" alone is done for traced values.

    Returns
    -------
    numpy.ndarray or number

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.special import factorial
    >>> float(ad.differentiate(factorial, 0.0).round(6))
    -0.577216
    """
    if not _is_traced(n):
        return _special.factorial(n, exact=exact, extend=extend)
    _inexact("factorial", exact, extend=extend != "zero" and extend)
    n = lift(n)
    return np.where(n < 0, 0.0, _special.gamma(np.where(n < 0, 0.0, n) + 1))
