"""A measured quantity as a function of the numbers of inputs and outputs: what can be fitted, and why the rest cannot."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..formatting import format_number, format_seconds, plural
from ..rows import MEASURED, Row, methods_of
from ..theory import DIFFERS, Theory, theory_of
from .power_law import Estimate, fit_power_law, last_exponent

#: The name of f itself among the methods of fits.
PRIMAL = ""
#: An exponent needs this many sizes, the largest this many times the smallest.
_SIZES, _SPAN = 3, 4
#: The quantities that are seconds.
SECONDS = ("time", "prepared")
#: What grows by less over the whole grid is overhead: its exponents say nothing about larger sizes.
_GROWTH = 2.0
#: The overhead must be less than half in this many cells, and growth must show in two sizes of n and of m: this part of it.
_BEYOND, _SHOWS = 3, 0.1
#: Cells less fitted numbers, where there is noise: with fewer the interval may be small by accident.
_FREEDOM = 3
#: A fit that is further off than this, typically, says nothing.
_ROUGH = 1.0


@dataclass(frozen=True)
class Fit:
    """One quantity of one method: overhead + constant · n^a · m^b.

    Parameters
    ----------
    method : str
        "" for f itself.
    quantity : str
        "time" and "prepared" (seconds), "calls of f", "operations", "tape nodes"; "operations per f" and "time per f" are
        relative to f's own.
    n_exponent, m_exponent : Estimate or None
        None where the rows have too few numbers of inputs or of outputs.
    constant, overhead : float
        In the quantity's unit.
    cells : int
        Cells it was fitted to.
    beyond : int
        Cells of these where the overhead is less than half.
    missing : int
        Cells of the grid without this quantity: failed, stopped or not run.
    n_range, m_range : tuple of float
        The smallest and the largest number of inputs and of outputs fitted to.
    spread : float
        Typical relative distance of a cell from the fit: 0.1 is 10%.
    theory : Theory or None
    verdict : str
        Whether the exponents agree with the theory; "" without one.
    parameters, covariance : tuple
        Logarithms of overhead (-inf without one) and constant, and the exponents; their covariance.
    freedom : float
        Cells less fitted numbers.
    """

    method: str
    quantity: str
    n_exponent: Estimate | None
    m_exponent: Estimate | None
    constant: float
    overhead: float
    cells: int
    beyond: int
    missing: int
    n_range: tuple[float, float]
    m_range: tuple[float, float]
    spread: float
    theory: Theory | None
    verdict: str
    parameters: tuple[float, float, float, float]
    covariance: tuple[tuple[float, ...], ...]
    freedom: float

    def predict(self, n: float, m: float) -> float:
        """The fitted quantity with n inputs and m outputs."""
        _, constant, a, b = self.parameters
        return self.overhead + math.exp(constant + a * math.log(n) + b * math.log(m))

    def growing(self, n: float, m: float) -> float:
        """The part of the fitted quantity that is not overhead, between 0 and 1."""
        return 1 - self.overhead / self.predict(n, m)

    @property
    def growth(self) -> str:
        """``n^0.98 (0.95 to 1.01) m^0.02 (-0.01 to 0.05)``, of the exponents that were fitted."""
        return " ".join(_power(name, one) for name, one in (("n", self.n_exponent), ("m", self.m_exponent)) if one is not None)

    @property
    def judgement(self) -> str:
        """The verdict, and of which exponent where it is of one alone."""
        other = " in n alone" if self.m_exponent is None else " in m alone" if self.n_exponent is None else ""
        return self.verdict + other

    @property
    def is_constant(self) -> bool:
        """Whether it is the same number in every cell."""
        return self.spread == 0 and all(one is None or one.holds(0, 1e-6) for one in (self.n_exponent, self.m_exponent))


@dataclass(frozen=True)
class Unfitted:
    """A quantity that has no fit.

    Parameters
    ----------
    method, quantity, reason : str
    """

    method: str
    quantity: str
    reason: str


#: Cell (n, m) -> what was measured there.
Cells = dict[tuple[int, int], float]


def fit_all(rows: Sequence[Row], operator: str) -> tuple[tuple[Fit, ...], tuple[Unfitted, ...]]:
    """Every quantity of every method that the rows of one problem, operator and machine hold.

    Parameters
    ----------
    rows : sequence of Row
    operator : str
        Whose theory the fits stand beside.

    Returns
    -------
    fits, unfitted : tuple
    """
    grid = {(row.inputs, row.outputs) for row in rows if row.inputs > 0 and row.outputs > 0}
    measured = _measured(rows)
    found = [(method, quantity, _fit(method, quantity, values, grid)) for method, quantity, values in measured]
    fits = [one for _, _, one in found if isinstance(one, Fit)]
    counted = {(method, quantity): values for method, quantity, values in measured if quantity not in SECONDS}
    unfitted = [Unfitted(method, quantity, one) for method, quantity, one in found if isinstance(one, str)]
    relative, reasons = _relative_to_f(fits, rows, grid)
    return tuple(_judged(one, operator, counted) for one in (*fits, *relative)), (*unfitted, *reasons)


def _measured(rows: Sequence[Row]) -> list[tuple[str, str, Cells]]:
    """(method, quantity, values) of everything that can be fitted; quantities that nobody measured are left out."""
    usable = [row for row in rows if row.status in MEASURED and row.inputs > 0 and row.outputs > 0]
    found = [
        (PRIMAL, "operations", _values(rows, lambda row: row.f_operations)),
        (PRIMAL, "time", _values(rows, lambda row: row.f_time.minimum)),
    ]
    for method in methods_of(rows):
        own = [row for row in usable if row.method == method]
        found.append((method, "calls of f", _values(own, lambda row: row.calls)))
        # Without f's own count beside it, the column is that of older files, which counted f alone.
        found.append((method, "operations", _values(own, lambda row: None if row.f_operations is None else row.operations)))
        found.append((method, "operations per f", _values(own, _operations_per_f)))
        if method == "reverse":
            found.append((method, "tape nodes", _values(own, lambda row: row.tape_nodes)))
        found.append((method, "time", seconds_of(own, method)))
        found.append((method, "prepared", _values(own, lambda row: row.prepared.minimum)))
    return [(method, quantity, values) for method, quantity, values in found if values or (method and quantity == "time")]


def seconds_of(rows: Sequence[Row], method: str) -> Cells:
    """Seconds of one method in each cell that it finished."""
    return _values([row for row in rows if row.method == method and row.status in MEASURED], lambda row: row.seconds)


def _operations_per_f(row: Row) -> float | None:
    return row.operations / row.f_operations if row.operations and row.f_operations else None


def _values(rows: Sequence[Row], read: Callable[[Row], float | None]) -> Cells:
    """What `read` finds in each cell; of several rows of a cell the smallest, as other work only adds."""
    values: Cells = {}
    for row in rows:
        value = read(row)
        if value is not None and math.isfinite(value) and value > 0 and row.inputs > 0 and row.outputs > 0:
            place = row.inputs, row.outputs
            values[place] = min(float(value), values.get(place, math.inf))
    return values


def _fit(method: str, quantity: str, values: Cells, grid: set[tuple[int, int]]) -> Fit | str:
    """The fit, or the reason why there is none that says anything."""
    fit = fit_inside(method, quantity, values, grid)
    return fit if isinstance(fit, str) else _silent(fit, list(values)) or fit


def fit_inside(method: str, quantity: str, values: Cells, grid: set[tuple[int, int]]) -> Fit | str:
    """A fit to read values inside the grid from, even where it says nothing about larger sizes; or why there is none.

    Parameters
    ----------
    method, quantity : str
    values : dict
        Cell (n, m) -> value.
    grid : set
        All cells, to say how many have no value.

    Returns
    -------
    Fit or str
    """
    if not values:
        return "no cell has a result"
    axes = [axis for axis in (0, 1) if _varies([cell[axis] for cell in values])]
    if not axes:
        counts = [len({cell[axis] for cell in values}) for axis in (0, 1)]
        return (
            f"it takes {_SIZES} numbers of inputs or of outputs, the largest {_SPAN} times the smallest, and there are "
            f"{counts[0]} and {counts[1]}"
        )
    if len(axes) == 1:
        other = 1 - axes[0]
        common = max(Counter(cell[other] for cell in values).items(), key=lambda pair: (pair[1], pair[0]))[0]
        values = {cell: value for cell, value in values.items() if cell[other] == common}
        grid = {cell for cell in grid if cell[other] == common}
    n, m = [cell[0] for cell in values], [cell[1] for cell in values]
    columns = np.stack([np.ones(len(n)), *(np.log([n, m][axis]) for axis in axes)], axis=1)
    if np.linalg.matrix_rank(columns, tol=1e-6) < columns.shape[1]:
        return "inputs and outputs grow together in all cells, so that their exponents cannot be told apart"
    law = fit_power_law(n, m, list(values.values()), axes)
    if law is None:
        return f"{plural(len(values), 'cell')} are too few"
    return Fit(
        method=method,
        quantity=quantity,
        n_exponent=law.estimate(2) if 0 in axes else None,
        m_exponent=law.estimate(3) if 1 in axes else None,
        constant=math.exp(law.parameters[1]),
        overhead=math.exp(law.parameters[0]),
        cells=len(values),
        beyond=sum(share > 0.5 for share in law.shares),
        missing=len(grid) - len(values),
        n_range=(min(n), max(n)),
        m_range=(min(m), max(m)),
        spread=math.expm1(law.spread),
        theory=None,
        verdict="",
        parameters=law.parameters,
        covariance=law.covariance,
        freedom=law.freedom,
    )


def _varies(sizes: Sequence[int]) -> bool:
    return len(set(sizes)) >= _SIZES and max(sizes) >= _SPAN * min(sizes)


def _silent(fit: Fit, cells: Sequence[tuple[int, int]]) -> str:
    """Why exponents would say nothing about larger sizes; "" where they do."""
    if fit.spread > 0 and fit.freedom < _FREEDOM:
        return f"{plural(len(cells), 'cell')} are too few"
    if fit.spread > _ROUGH:
        return f"no power of n and m comes close: the best is {fit.spread:.0%} off typically"
    cells = [(n, m) for n, m in cells if fit.n_range[0] <= n <= fit.n_range[1] and fit.m_range[0] <= m <= fit.m_range[1]]
    predicted = [fit.predict(*cell) for cell in cells]
    factor = max(predicted) / min(predicted)
    if factor < _GROWTH and not (fit.is_constant or fit.quantity.endswith(" per f")):
        return f"it changes by a factor of {format_number(factor)} only, which is nearly all overhead"
    growing = [cell for cell in cells if fit.growing(*cell) > _SHOWS]
    fitted = [axis for axis, one in enumerate((fit.n_exponent, fit.m_exponent)) if one is not None]
    if fit.beyond < min(_BEYOND, len(cells) // 3) or any(len({cell[axis] for cell in growing}) < 2 for axis in fitted):
        overhead = format_seconds(fit.overhead) if fit.quantity in SECONDS else f"{fit.overhead:,.3g}"
        inside = len(cells) - fit.beyond
        return f"an overhead of {overhead} is more than half of it in {inside} of {len(cells)} cells; larger sizes would tell"
    return ""


def _relative_to_f(fits: Sequence[Fit], rows: Sequence[Row], grid: set[tuple[int, int]]) -> tuple[list[Fit], list[Unfitted]]:
    """Time over f's own time, in the cells where both are more than overhead: elsewhere it is the ratio of two overheads."""
    own = next((fit for fit in fits if (fit.method, fit.quantity) == (PRIMAL, "time")), None)
    own_seconds = _values(rows, lambda row: row.f_time.minimum)
    found: list[Fit] = []
    reasons: list[Unfitted] = []
    for fit in fits:
        if fit.method == PRIMAL or fit.quantity != "time":
            continue
        if own is None:
            why = "f's own time is nearly all overhead" if own_seconds else "f's own time was not measured"
            reasons.append(Unfitted(fit.method, "time per f", why))
            continue
        seconds = seconds_of(rows, fit.method)
        past = {cell for cell in seconds if cell in own_seconds and min(fit.growing(*cell), own.growing(*cell)) > 0.5}
        one = _fit(fit.method, "time per f", {cell: seconds[cell] / own_seconds[cell] for cell in past}, grid)
        if isinstance(one, Fit):
            found.append(one)
        else:
            overhead = f"overhead is less than half of both times in {plural(len(past), 'cell')} only"
            reasons.append(Unfitted(fit.method, "time per f", overhead if 2 * len(past) < len(seconds) else one))
    return found, reasons


def _judged(fit: Fit, operator: str, counted: Mapping[tuple[str, str], Cells]) -> Fit:
    """The fit beside the theory."""
    quantity = "cost" if fit.quantity.endswith(" per f") else fit.quantity
    theory = theory_of(fit.method, quantity, operator)
    if theory is None:
        return fit
    exponents = fit.n_exponent, fit.m_exponent
    verdict, cells = theory.verdict(*exponents), counted.get((fit.method, fit.quantity))
    if verdict == DIFFERS and cells:
        fitted = [None if one is None else one.value for one in exponents]
        verdict = theory.verdict_of_counts(fitted, [last_exponent(cells, axis) for axis in (0, 1)])
    return replace(fit, theory=theory, verdict=verdict)


def _power(name: str, one: Estimate) -> str:
    return f"{name}^{one.value:.2f} ({one.low:.2f} to {one.high:.2f})".replace("-0.00", "0.00")
