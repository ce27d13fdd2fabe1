"""Growth with two sizes, fitted to measured values: overhead + constant · n^a · m^b, with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: The 97.5% quantile of the normal distribution.
_NORMAL = 1.959963984540054
#: Residuals beyond this many standard deviations weigh less (Huber's constant: 95% as efficient on normal noise).
_HUBER = 1.345
#: Logarithms closer than this are equal: values that were counted are fitted exactly.
_EXACT = 1e-9
#: Degrees of freedom without which an interval would be a guess.
LEAST_FREEDOM = 2


@dataclass(frozen=True)
class Estimate:
    """A number and its 95% confidence interval.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    def holds(self, value: float, margin: float = 0.0) -> bool:
        """Whether `value` is in the interval, or not further from it than `margin`."""
        return self.low - margin <= value <= self.high + margin


@dataclass(frozen=True)
class PowerLaw:
    """overhead + constant · n^a · m^b in logarithms.

    Parameters
    ----------
    parameters : tuple of float
        The logarithms of overhead (-inf without one) and constant, and the exponents of n and of m.
    covariance : tuple of tuple of float
        Of `parameters`; rows of zeros for what was not fitted.
    freedom : int
        Values less fitted parameters.
    spread : float
        Standard deviation of the logarithm of a value around the fit, outliers apart; 0 where all values are met exactly.
    shares : tuple of float
        For each value, the part of it that grows (1 without overhead).
    """

    parameters: tuple[float, float, float, float]
    covariance: tuple[tuple[float, ...], ...]
    freedom: int
    spread: float
    shares: tuple[float, ...]

    def estimate(self, position: int) -> Estimate:
        """One of `parameters`, with its interval by Student's t."""
        value = self.parameters[position]
        width = t_quantile(self.freedom) * math.sqrt(self.covariance[position][position])
        return Estimate(value, value - width, value + width)


def last_exponent(cells: Mapping[tuple[int, int], float], axis: int) -> float | None:
    """The exponent between the two largest sizes of one axis, at the largest other size that has both; None without one.

    Parameters
    ----------
    cells : dict
        Cell (n, m) -> value, positive.
    axis : int
        0 for n, 1 for m.

    Examples
    --------
    >>> round(last_exponent({(1, 1): 1.5, (1, 4): 4.5, (1, 16): 16.5, (1, 64): 64.5}, 1), 2)
    0.98
    """
    lines: dict[int, list[tuple[int, float]]] = {}
    for cell, value in cells.items():
        lines.setdefault(cell[1 - axis], []).append((cell[axis], value))
    for _, line in sorted(lines.items(), reverse=True):
        if len(line) > 1:
            (small, before), (large, after) = sorted(line)[-2:]
            return math.log(after / before) / math.log(large / small)
    return None


def t_quantile(freedom: float) -> float:
    """The 97.5% quantile of Student's t, to 0.2% from 3 degrees of freedom on and to 1% with 2.

    Parameters
    ----------
    freedom : float
        At least 2.

    References
    ----------
    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5.

    Examples
    --------
    >>> round(t_quantile(10), 3)
    2.228
    """
    z = _NORMAL
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def fit_power_law(n: Sequence[float], m: Sequence[float], values: Sequence[float], axes: Sequence[int]) -> PowerLaw | None:
    """Fit by least squares in logarithms, with less weight on outliers.

    Whether there is an overhead is decided by the corrected information criterion of Akaike: a parameter more must pay.

    Parameters
    ----------
    n, m, values : sequence of float
        Positive; of the same length.
    axes : sequence of int
        The exponents to fit: 0 for n, 1 for m.

    Returns
    -------
    PowerLaw or None
        None where there are too few values.

    References
    ----------
    P. J. Huber, Robust Statistics (1981), 7.6, for the covariance; Hurvich and Tsai, Biometrika 76 (1989), for the criterion.

    Examples
    --------
    >>> law = fit_power_law([1, 2, 4, 8, 16, 32], [1] * 6, [7.0, 9.0, 13.0, 21.0, 37.0, 69.0], axes=[0])
    >>> [round(math.exp(number), 6) for number in law.parameters[:2]], round(law.parameters[2], 6)
    ([5.0, 2.0], 1.0)
    """
    logarithms = np.log(np.array([n, m], float))
    target = np.log(np.array(values, float))
    columns = np.stack([np.ones(target.size), *(logarithms[axis] for axis in axes)], axis=1)
    candidates = [_fitted(target, columns, overhead) for overhead in (False, True)]
    possible = [one for one in candidates if one is not None and math.isfinite(one.criterion)]
    if not possible:
        return None
    return min(possible, key=lambda one: one.criterion).weighted(target, columns).law(target, columns, axes)


@dataclass(frozen=True)
class _Solution:
    """Parameters [log constant, exponents..., log overhead where there is one], and how well they do."""

    parameters: np.ndarray
    overhead: bool
    weights: np.ndarray
    criterion: float

    def weighted(self, target: np.ndarray, columns: np.ndarray) -> _Solution:
        """The same with less weight on outliers."""
        parameters, weights = self.parameters, self.weights
        for _ in range(20):
            residuals = target - _model(parameters, columns, self.overhead)[0]
            deviation = _deviation(residuals)
            if deviation < _EXACT:
                break
            weights = np.minimum(1.0, _HUBER * deviation / np.maximum(np.abs(residuals), 1e-300))
            before, parameters = parameters, _descend(parameters, target, columns, self.overhead, weights)
            if np.allclose(before, parameters, rtol=1e-8, atol=1e-8):
                break
        return _Solution(parameters, self.overhead, weights, self.criterion)

    def law(self, target: np.ndarray, columns: np.ndarray, axes: Sequence[int]) -> PowerLaw:
        prediction, slopes, shares = _model(self.parameters, columns, self.overhead)
        residuals = target - prediction
        count, unknowns = slopes.shape
        kept = self.weights == 1.0
        # Huber's covariance: the weighted residuals' variance over the squared part of residuals that are not cut.
        inner = max(np.mean(kept), 0.5)
        variance = np.sum((self.weights * residuals) ** 2) / max(count - unknowns, 1)
        correction = 1 + unknowns / count * (1 - inner) / inner
        found = correction**2 * variance / inner**2 * np.linalg.pinv(slopes.T @ slopes)
        places = [1, *(2 + axis for axis in axes), *([0] if self.overhead else [])]
        parameters, covariance = np.array([-np.inf, 0.0, 0.0, 0.0]), np.zeros((4, 4))
        parameters[places] = self.parameters
        covariance[np.ix_(places, places)] = found
        typical = _deviation(residuals) * math.sqrt(count / (count - unknowns))
        spread = typical if typical > _EXACT else math.sqrt(variance)
        log_overhead, log_constant, exponent_n, exponent_m = (float(number) for number in parameters)
        return PowerLaw(
            (log_overhead, log_constant, exponent_n, exponent_m),
            tuple(tuple(float(number) for number in row) for row in covariance),
            count - unknowns,
            spread if spread > _EXACT else 0.0,
            tuple(float(share) for share in shares),
        )


def _fitted(target: np.ndarray, columns: np.ndarray, overhead: bool) -> _Solution | None:
    """The least squares fit with or without overhead; None with too few values."""
    count, unknowns = target.size, columns.shape[1] + overhead
    if count - unknowns < LEAST_FREEDOM:
        return None
    weights = np.ones(count)
    plain: np.ndarray = np.linalg.lstsq(columns, target, rcond=None)[0]
    best, smallest = plain, math.inf
    # Several starts: where the overhead ends is what such a fit can get wrong.
    for part in (0.3, 0.9, 0.99) if overhead else (None,):
        start = plain if part is None else _start(target, columns, part)
        found = _descend(start, target, columns, overhead, weights)
        squares = float(np.sum((target - _model(found, columns, overhead)[0]) ** 2))
        if squares < smallest:
            best, smallest = found, squares
    # One parameter more than the exponents: the noise. What was counted has none.
    size = unknowns + 1
    penalty = 2 * size + 2 * size * (size + 1) / max(count - size - 1, 1)
    criterion = count * math.log(max(smallest / count, _EXACT**2)) + penalty
    return _Solution(best, overhead, weights, criterion)


def _start(target: np.ndarray, columns: np.ndarray, part: float) -> np.ndarray:
    """Parameters to start from where `part` of the smallest value is overhead."""
    rest = np.log(np.exp(target) - part * np.exp(np.min(target)))
    return np.append(np.linalg.lstsq(columns, rest, rcond=None)[0], np.min(target) + math.log(part))


def _model(parameters: np.ndarray, columns: np.ndarray, overhead: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logarithms of the values, their derivatives by the parameters, and the growing part of each value."""
    if not overhead:
        return columns @ parameters, columns, np.ones(len(columns))
    growing = columns @ parameters[:-1]
    prediction = np.logaddexp(parameters[-1], growing)
    shares = np.exp(growing - prediction)
    return prediction, np.column_stack([columns * shares[:, None], 1 - shares]), shares


def _deviation(residuals: np.ndarray) -> float:
    """The standard deviation, from the median of the absolute residuals."""
    return float(np.median(np.abs(residuals))) / 0.6745


def _descend(start: np.ndarray, target: np.ndarray, columns: np.ndarray, overhead: bool, weights: np.ndarray) -> np.ndarray:
    """Least squares by Levenberg's and Marquardt's method."""

    def squares(parameters: np.ndarray) -> float:
        return float(np.sum(weights * (target - _model(parameters, columns, overhead)[0]) ** 2))

    parameters, damping, current = start, 1e-3, squares(start)
    for _ in range(200):
        prediction, slopes, _ = _model(parameters, columns, overhead)
        normal = slopes.T @ (weights[:, None] * slopes)
        gradient = slopes.T @ (weights * (target - prediction))
        step = np.linalg.lstsq(normal + damping * (np.diag(np.diag(normal)) + 1e-12 * np.eye(len(normal))), gradient, rcond=None)[
            0
        ]
        tried = squares(parameters + step)
        if tried < current:
            small = current - tried <= 1e-10 * current or np.max(np.abs(step)) < 1e-12
            parameters, current, damping = parameters + step, tried, max(damping / 10, 1e-12)
            if small:
                break
        elif damping > 1e8:
            break
        else:
            damping *= 10
    return parameters
