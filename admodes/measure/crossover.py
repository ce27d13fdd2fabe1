"""Where two methods cost the same: the line m = c · n^g between them, read off their fitted times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..formatting import format_number
from .fits import Cells, Fit, fit_inside
from .power_law import Estimate, t_quantile

_DRAWS = 200
#: Numbers of inputs at which the line is read off, and of outputs between which it is looked for.
_COLUMNS, _LINES = 25, 100
#: The line must run inside the grid over this part of its inputs, and in this part of the draws.
_SEEN, _SURE = 0.3, 0.8
#: A line that is right in a smaller part of the cells is none.
_RIGHT = 0.7
#: Times this close are a tie: either method is right.
_TIE = 0.1
#: Into at most so many groups of neighbours are sizes put that are left out together.
_GROUPS = 12

_Array = np.ndarray


@dataclass(frozen=True)
class Crossover:
    """m = constant · n^exponent, where two methods take the same time.

    Parameters
    ----------
    above, below : str
        The method that is cheaper with more outputs than on the line, and the one with fewer.
    constant, exponent : Estimate
        The interval holds 95% of what noise of the times makes of the line, if both are an overhead and a power, and the
        lines without any one size: further off than that, the times are not so.
    n_range : tuple of float
        Numbers of inputs between which the line runs inside the grid.
    bend : float
        How far the fitted times' own line, which overheads bend, is typically from this one: 0.1 is 10%.
    cells, right : int
        Cells with both times, and those of them in which the method that the line says is at most 10% slower than the other.
    regret : float
        The largest part of time lost by following the line into the wrong method: 0.1 is 10%.

    Examples
    --------
    >>> from admodes.measure.power_law import Estimate
    >>> line = Crossover("forward", "reverse", Estimate(0.5, 0.4, 0.6), Estimate(1.0, 0.9, 1.1), (4.0, 256.0), 0.0, 25, 24, 0.05)
    >>> line.m_at(100)
    50.0
    >>> print(line)
    With n inputs, reverse is cheaper than forward as long as m < 0.500 n^1.00 (constant 0.400 to 0.600, exponent 0.90 to \
1.10; n from 4 to 256). That is right or a tie in 24 of 25 cells, and costs 5% at most in the others.
    """

    above: str
    below: str
    constant: Estimate
    exponent: Estimate
    n_range: tuple[float, float]
    bend: float
    cells: int
    right: int
    regret: float

    def m_at(self, n: float) -> float:
        """The number of outputs on the line."""
        return float(self.constant.value * n**self.exponent.value)

    def __str__(self) -> str:
        c, g = self.constant, self.exponent
        low, high = (f"{size:,.0f}" for size in self.n_range)
        bend = f"; overheads bend it by {self.bend:.0%} typically" if self.bend > 0.1 else ""
        wrong = f", and costs {self.regret:.0%} at most in the others" if self.right < self.cells else ""
        return (
            f"With n inputs, {self.below} is cheaper than {self.above} as long as m < {format_number(c.value)} n^{g.value:.2f} "
            f"(constant {format_number(c.low)} to {format_number(c.high)}, exponent {g.low:.2f} to {g.high:.2f}; "
            f"n from {low} to {high}{bend}). That is right or a tie in {self.right} of {self.cells} cells{wrong}."
        )


def find_crossover(first: Fit, second: Fit, times: Cells, others: Cells) -> Crossover | str:
    """The line where two fitted times, overheads included, are equal.

    Parameters
    ----------
    first, second : Fit
        Of times, in n and in m.
    times, others : dict
        Cell (n, m) -> seconds of the first and of the second method, to say where the line is right.

    Returns
    -------
    Crossover or str
        The reason where there is no line inside the grid.
    """
    pair = f"{first.method} and {second.method}"
    n_span, m_span = _common(first.n_range, second.n_range), _common(first.m_range, second.m_range)
    if n_span[0] >= n_span[1] or m_span[0] >= m_span[1]:
        return f"{pair} were not measured over the same range of inputs and of outputs"
    x = np.linspace(math.log(n_span[0]), math.log(n_span[1]), _COLUMNS)
    y = np.linspace(math.log(m_span[0]), math.log(m_span[1]), _LINES)
    one, other = np.array(first.parameters), np.array(second.parameters)
    heights = _zero_line(one, other, x, y)
    seen = np.isfinite(heights)
    if np.mean(seen) < _SEEN:
        cheaper = first if np.mean(_difference(one, other, x[:, None], y)) < 0 else second
        return f"the fitted times of {pair} do not cross inside the grid ({cheaper.method} is cheaper)"
    rng = np.random.default_rng(0)
    drawn = [_line(_draw(first, rng), _draw(second, rng), x, y) for _ in range(_DRAWS)]
    lines = np.array([line for line in drawn if line is not None])
    if len(lines) < _SURE * _DRAWS:
        return f"within their noise, the times of {pair} may as well not cross inside the grid"
    others_left = [left for fits in _without_some_sizes(first, second, times, others) if (left := _line(*fits, x, y)) is not None]
    exponent, constant = np.polyfit(x[seen], heights[seen], 1)
    low, high = np.quantile(lines, [0.025, 0.975], axis=0)
    # What no draw knows is that the times may not be overhead and a power: then the line depends on the sizes.
    low, high = np.min([low, *others_left], axis=0), np.max([high, *others_left], axis=0)
    middle = x[seen][len(x[seen]) // 2]
    above, below = (first, second) if _difference(one, other, middle, y[-1]) < 0 else (second, first)
    line = Crossover(
        above.method,
        below.method,
        Estimate(math.exp(constant), math.exp(low[1]), math.exp(high[1])),
        Estimate(float(exponent), float(low[0]), float(high[0])),
        (math.exp(x[seen][0]), math.exp(x[seen][-1])),
        math.expm1(float(np.sqrt(np.mean((constant + exponent * x[seen] - heights[seen]) ** 2)))),
        *(0, 0, 0.0),
    )
    measured = (times, others) if above is first else (others, times)
    return _checked(line, *measured)


def _without_some_sizes(first: Fit, second: Fit, times: Cells, others: Cells) -> Iterator[tuple[_Array, _Array]]:
    """Parameters of both fits, once without each size of either kind, or each group of them; where few are left, none."""
    for axis in (0, 1):
        sizes = sorted({cell[axis] for cell in times})
        for absent in np.array_split(sizes, min(len(sizes), _GROUPS)):
            fits = []
            for fit, cells in ((first, times), (second, others)):
                left = {cell: value for cell, value in cells.items() if cell[axis] not in absent}
                fits.append(fit_inside(fit.method, fit.quantity, left, set()))
            if all(isinstance(one, Fit) and one.n_exponent and one.m_exponent for one in fits):
                yield np.array(fits[0].parameters), np.array(fits[1].parameters)  # type: ignore[union-attr]


def _line(one: _Array, other: _Array, x: _Array, y: _Array) -> tuple[float, float] | None:
    return _straight(x, _zero_line(one, other, x, y))


def _common(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), min(one[1], other[1])


def _checked(line: Crossover, above: Cells, below: Cells) -> Crossover | str:
    """The line with how often it is right; the reason where that is not often enough."""
    cells = [cell for cell in above if cell in below]
    ratio = np.log([above[cell] / below[cell] for cell in cells])
    # What following the line costs: the excess of the method it names over the other one.
    excess = np.array([number if m > line.m_at(n) else -number for (n, m), number in zip(cells, ratio, strict=True)])
    right = excess <= math.log1p(_TIE)
    if np.mean(right) < _RIGHT:
        return (
            f"no line parts {line.below} from {line.above}: the best one is right in {np.sum(right)} of {len(cells)} cells only"
        )
    regret = math.expm1(float(np.max(excess[~right], initial=0.0)))
    return replace(line, cells=len(cells), right=int(np.sum(right)), regret=regret)


def _straight(x: _Array, heights: _Array) -> tuple[float, float] | None:
    """Exponent and log constant of a line that is seen over enough of the inputs."""
    seen = np.isfinite(heights)
    if np.mean(seen) < _SEEN / 2:
        return None
    exponent, constant = np.polyfit(x[seen], heights[seen], 1)
    return float(exponent), float(constant)


def _draw(fit: Fit, rng: np.random.Generator) -> _Array:
    """Parameters as the noise could have made them: Student's t has longer tails than the normal distribution."""
    values, vectors = np.linalg.eigh(np.array(fit.covariance))
    tails = t_quantile(fit.freedom) / t_quantile(math.inf)
    moved: _Array = np.array(fit.parameters) + tails * vectors @ (np.sqrt(np.maximum(values, 0)) * rng.standard_normal(4))
    return moved


def _difference(one: _Array, other: _Array, x: _Array, y: _Array) -> _Array:
    """Logarithm of the ratio of two times at logarithms of n and m."""
    first, second = (np.logaddexp(p[0], p[1] + p[2] * x + p[3] * y) for p in (one, other))
    difference: _Array = first - second
    return difference


def _zero_line(one: _Array, other: _Array, x: _Array, y: _Array) -> _Array:
    """For each x the last y where the faster method changes; NaN where none does."""
    difference = _difference(one, other, x[:, None], y)
    faster = difference < 0
    changes = faster[:, 1:] != faster[:, :-1]
    column, last = np.arange(len(x)), len(y) - 2 - np.argmax(changes[:, ::-1], axis=1)
    start, end = difference[column, last], difference[column, last + 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        line: _Array = np.where(np.any(changes, axis=1), y[last] + (y[last + 1] - y[last]) * start / (start - end), np.nan)
    return line
