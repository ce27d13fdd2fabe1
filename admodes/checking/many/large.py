"""Many inputs: random directions tell whether a claim is right, halving tells where it is wrong.

With e the error of a claimed gradient, Gaussian directions v give ``e @ v ~ N(0, |e|**2)``: an error is missed within a bound t
with a probability below ``0.8 t / |e|`` each. Random signs never miss a single wrong element. Along parts of one direction
errors add up, so one measurement tells both halves of a range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...containers import flatten
from ...errors import InputError
from ...finite.curvature import line_direction
from ...finite.lines import Point
from ...formatting import format_count, format_error
from ...function import Function
from ..asking.naming import name_of_element, output_names
from ..asking.probes import Noise, signs_of
from ..asking.subject import Reading, Subject
from ..judgement.points import PointCheck
from ..judgement.verdicts import OWN_ROUNDING, Finding, Judgement
from ..slopes.ladders import DETECT
from ..slopes.repeated import RepeatedPoint
from ..slopes.slopes import Slopes, measure_slopes
from .halving import LOOK_AGAIN, MOST_EVALUATIONS, TOGETHER, ProductSearch, Range, RowSearch, Search
from .whole import explanation, never_written

Array = np.ndarray[Any, Any]

#: The chances to miss that the report states: the first one at which less than all of it could be missed.
MISSED = (1e-6, 1e-4, 1e-2)


#: Calls of f that naming one element of another output takes at least.
CALLS_A_SEARCH = 30
#: More elements of x than this leave no calls for entries of the Hessian: elements of its product with a vector are named.
ENTRIES_NAMED = 10_000
#: The same for one row of the Hessian.
CALLS_A_ROW = 40


class _Named(NamedTuple):
    """A wrong element of x in the derivative of one entry of f (or of one row of the Hessian): its error, and a bound on that."""

    element: int
    entry: int
    error: float
    bound: float


class _Defect:
    """f less what the claim says that it changes: its slope is the error of the claim, free of the rounding of x."""

    def __init__(self, subject: Subject, point: Point, matrix: Array | None) -> None:
        self.subject, self.base, self.matrix = subject, point.x, matrix
        self.__name__ = point.function.name

    def __call__(self, tree: Any, *arguments: Any) -> Any:
        value = self.subject.f(tree, *arguments)
        if self.matrix is None:
            return value
        moved = np.concatenate([np.ravel(leaf) for leaf in flatten(tree, InputError, "x")[0]]) - self.base
        outputs = [np.asarray(leaf) for leaf in flatten(value, InputError, "f(x)")[0]]
        bounds = np.cumsum([0, *(output.size for output in outputs)])
        shift = self.matrix @ moved
        parts = [
            output - shift[start:stop].reshape(output.shape)
            for output, start, stop in zip(outputs, bounds[:-1], bounds[1:], strict=True)
        ]
        return parts[0] if len(parts) == 1 else parts


class LargeCheck:
    """One point of a large x; `repeats` calls of f a value; `search` for the wrong elements."""

    def __init__(
        self,
        subject: Subject,
        point: Point,
        reading: Reading,
        noise: Noise,
        rng: np.random.Generator,
        rtol: float | None,
        repeats: int = 1,
        *,
        search: bool = True,
    ) -> None:
        self.subject, self.reading, self.noise, self.rng, self.rtol = subject, reading, noise, rng, rtol
        self.matrix = None if reading.matrix is None or subject.derivative == 2 else reading.matrix
        tree = subject.function.as_input_tree(subject.at(point.x))
        defect = Function(_Defect(subject, point, self.matrix), tree, subject.args)
        self.point, self.repeats = Point(defect) if repeats == 1 else RepeatedPoint(defect, repeats), repeats
        self.first, self.search = subject.f.calls, search
        self.most = MOST_EVALUATIONS * (2 if subject.derivative == 2 and point.x.size <= ENTRIES_NAMED else 1)
        self.tested: list[Slopes] = []

    def claim(self, vector: Array) -> Array:
        """What the claim says along a direction, shape (m,)."""
        found = self.product(vector)
        return np.array([vector @ found]) if self.subject.derivative == 2 else found

    def product(self, vector: Array) -> Array:
        if self.reading.matrix is not None:
            return np.asarray(self.reading.matrix @ vector)
        return np.asarray(self.subject.read_along(self.subject.at(self.point.x), vector).matrix)

    def check(self) -> PointCheck:
        """Directions until two accuse or all agree; then the wrong elements by name."""
        point, size = self.point, self.point.x.size
        kinds = [
            self.rng.standard_normal(size),
            signs_of(size, self.rng),
            self.rng.standard_normal(size),
            signs_of(size, self.rng),
        ]
        vectors = [kind * point.scale for kind in kinds]
        claimed, found = [], []
        for vector in vectors:
            claimed.append(self.claim(vector))
            found.append(self.slopes(vector, claimed[-1]))
            judged = self._judged(np.array(claimed), found)
            if np.sum((judged.verdict == -1).any(axis=1)) >= 2:
                break
        names = [f"direction {number + 1} ({'Gaussian' if number % 2 == 0 else 'signs'})" for number in range(len(found))]
        names = self._entries(names)
        check = PointCheck(point.x, self.reading, judged, self.noise, names=names, directions=judged)
        if (judged.verdict == -1).any() and self.repeats == 1:
            self._locate(check, judged, np.array(claimed), vectors)
        check.repeats = self.repeats
        check.evaluations = (self.subject.f.calls - self.first) // self.repeats
        return check

    def _entries(self, lines: Sequence[str]) -> list[str]:
        entries = self.point.value.size
        return [f"output {entry} along {line}" if entries > 1 else line for line in lines for entry in range(entries)]

    def slopes(self, vector: Array, claimed: Array) -> Slopes:
        least = 1e3 * self._size(claimed)
        return measure_slopes(
            self.point,
            [line_direction(vector)],
            np.ones(1),
            self.noise.value,
            self.subject.derivative,
            least=float(np.max(least)),
        )

    def _size(self, claimed: Array) -> Array:
        """The root mean square of what the claim says along random directions."""
        if self.matrix is None:
            return np.abs(claimed)
        return np.asarray(np.sqrt(np.sum((self.matrix * self.point.scale) ** 2, axis=1)))

    def _judged(self, claimed: Array, found: Sequence[Slopes]) -> Judgement:
        slopes = Slopes.joined(found)
        size = np.maximum(np.array([self._size(line) for line in claimed]), 0)
        offset = claimed if self.matrix is not None else np.zeros_like(claimed)
        with np.errstate(all="ignore"):
            slack = OWN_ROUNDING * self.reading.spacing * size * 2 + 3 * np.sqrt(np.sum(self._claim_noise() ** 2, axis=0))
            bound = slopes.bound + np.nan_to_num(slack)
            low = np.minimum(slopes.left, slopes.right) + offset - bound
            high = np.maximum(slopes.left, slopes.right) + offset + bound
            size = np.maximum(size, np.abs(slopes.value + offset))
            gap = np.maximum(np.maximum(low - claimed, claimed - high), 0)
            limit = (self.rtol or 0.0) * size
            verdict = np.where(gap > limit, -1, np.where(bound <= max(self.rtol or 0.0, DETECT) * size, 1, 0))
            verdict = np.where(slopes.flat & (claimed == 0), 1, verdict)
        verdict = np.where(np.isfinite(bound), verdict, 0)
        return Judgement(claimed, slopes.value + offset, low, high, np.where(np.isnan(claimed), -1, verdict), size, slopes)

    def _claim_noise(self) -> Array:
        """Along a direction, shape (terms, m)."""
        noise, scale = self.noise.claim, self.point.scale
        if noise.shape[0] != scale.size:
            return np.zeros((1, 1))
        return (noise * np.outer(scale, scale)).reshape(-1, 1) if self.subject.derivative == 2 else noise * scale[:, None]

    def _locate(self, check: PointCheck, judged: Judgement, claimed: Array, vectors: Sequence[Array]) -> None:
        """Say what explains it all, or name the wrong elements by halving what errs along one direction."""
        if self.matrix is not None and not np.isfinite(self.matrix).all():
            check.findings.append(Finding("wrong", "not finite", self._not_finite(self.matrix)))
            return
        text = explanation(self, judged, np.array(vectors[: len(claimed)]))
        if text:
            check.findings.append(Finding("wrong", "alike", f"in all random directions the claim errs alike: {text}"))
        if text or not self.search:
            return
        vector = vectors[0]
        if self.subject.derivative == 2:
            self.fixed = vector
            self.along = self.product(vector)
        wrong = np.flatnonzero((judged.verdict == -1).any(axis=0))
        worst = wrong[np.argsort(-judged.excess().max(axis=0)[wrong], kind="stable")].tolist()
        named: list[_Named] = []
        for place, entry in enumerate(worst):
            if place and self.subject.f.calls + CALLS_A_SEARCH > self.most:
                outputs = ", ".join(output_names(self.subject)[other] for other in worst[place : place + 4])
                more = f"{outputs}{', ...' if len(worst) > place + 4 else ''}"
                check.findings.append(Finding("wrong", "more", f"more wrong elements are in the derivatives of {more}"))
                break
            text = never_written(self, entry, vector, judged.slopes)
            if text:
                check.findings.append(Finding("wrong", "zero", text + TOGETHER))
                continue
            named += self._search(check, entry, judged.slopes, first=place == 0)
        if self.subject.derivative == 2:
            named = [entry for one in named for entry in self._entries_of_row(one, judged.slopes)]
        if named:
            self._name(check, named)

    def _entries_of_row(self, one: _Named, slopes: Slopes) -> list[_Named]:
        """The entries of the Hessian that make one element of a product wrong; the element where they were not found."""
        whole = one._replace(entry=-1)
        if self.subject.f.calls + CALLS_A_ROW > self.most:
            return [whole]
        weights = signs_of(self.point.x.size, self.rng) * self.rng.uniform(0.5, 1.5, self.point.x.size) * self.point.scale
        found = RowSearch(self, weights, slopes, one.element).entries()
        return [_Named(column, one.element, *errors) for column, errors in sorted(found.items())] or [whole]

    def _search(self, check: PointCheck, entry: int, slopes: Slopes, *, first: bool) -> list[_Named]:
        """The wrong elements of one output: along another direction as well, once those that were found are corrected."""
        size, found, bounds = self.point.x.size, dict[int, float](), dict[int, float]()
        while True:
            if found and self.subject.f.calls + LOOK_AGAIN > self.most:
                self._tell(check, entry, "whether more is wrong was not looked at: the calls of f are spent")
                break
            weights = signs_of(size, self.rng) * self.rng.uniform(0.5, 1.5, size) * self.point.scale
            if self.subject.derivative == 2:
                search: Search = ProductSearch(self, weights, slopes, found, bounds, self.fixed, self.along)
            else:
                search = Search(self, weights, entry, slopes, found, bounds)
            if search.consistent and (found or not first):
                if not found:
                    self._tell(check, entry, f"errs as well, by less than {format_error(search.visible)} in single elements")
                break
            errors, rest = search.run()
            found, bounds = found | errors, bounds | search.bounds
            if rest:
                self._tell_ranges(check, rest, entry)
                break
            if not errors:
                what = "whether more is wrong is not known" if found else "the wrong elements were not located"
                shown = f"an error below {format_error(search.visible)} in a single element does not show in the search"
                self._tell(check, entry, f"{what}: {shown}")
                break
        return [_Named(element, entry, found[element], bounds[element]) for element in sorted(found)]

    def _not_finite(self, matrix: Array) -> str:
        columns = np.flatnonzero(~np.isfinite(matrix).all(axis=0))
        shown = ", ".join(name_of_element(self.subject, column) for column in columns[:3]) + (", ..." if columns.size > 3 else "")
        return f"the derivative by {format_count(columns.size)} of {format_count(matrix.shape[1])} elements is no number: {shown}"

    def _tell(self, check: PointCheck, entry: int, text: str) -> None:
        of = f"{output_names(self.subject)[entry]}: " if self.point.value.size > 1 else ""
        check.findings.append(Finding("wrong", "more", of + text))

    def _tell_ranges(self, check: PointCheck, rest: Sequence[Range], entry: int) -> None:
        """Where more is wrong than was named."""
        if not rest:
            return
        ranges = ", ".join(f"x[{part.start}:{part.stop}]" for part in rest[:4]) + (", ..." if len(rest) > 4 else "")
        of = f" of {output_names(self.subject)[entry]}" if self.point.value.size > 1 else ""
        check.findings.append(Finding("wrong", "more", f"more wrong elements{of} are in {ranges}"))

    def _name(self, check: PointCheck, named: Sequence[_Named]) -> None:
        """Replace the directions by the elements that were found."""
        check.elements = np.array([one.element for one in named])
        claims, unit = [], np.zeros(self.point.x.size)
        for element, entry, *_ in named:
            unit[element] = 1.0
            if self.subject.derivative == 2:
                claims.append(self.product(unit)[entry] if entry >= 0 else self.along[element])
            else:
                claims.append(self.claim(unit)[entry] if self.matrix is None else self.matrix[entry, element])
            unit[element] = 0.0
        claimed = np.array(claims, float)[:, None]
        errors, bound = (np.array(numbers)[:, None] for numbers in list(zip(*named, strict=True))[2:])
        expected = claimed + errors
        size, none = np.abs(expected), np.zeros(errors.shape, bool)
        slopes = Slopes(expected, bound, expected, expected, bound, size, size, none, none, none, bound, 0 * bound)
        directions = check.judgement
        assert directions is not None  # noqa: S101 - they were judged
        slopes.samples = directions.slopes.samples
        verdict = np.full(errors.shape, -1)
        check.judgement = Judgement(claimed, expected, expected - bound, expected + bound, verdict, np.abs(expected), slopes)
        subject = self.subject
        names, outputs = {one.element: name_of_element(subject, one.element) for one in named}, output_names(subject)
        if subject.derivative == 2:
            product = "of the product with a random vector"
            check.names = [
                f"{name_of_element(subject, one.entry)}, {names[one.element]}"
                if one.entry >= 0
                else f"{names[one.element]} {product}"
                for one in named
            ]
            return
        several = self.point.value.size > 1
        check.names = [f"{outputs[one.entry]} by {names[one.element]}" if several else names[one.element] for one in named]

    def chance(self, check: PointCheck) -> str:
        """What a right verdict is worth, in words."""
        judged = check.judgement
        assert judged is not None  # noqa: S101 - asked after a check
        gaussian = np.max(judged.bound[::2] / np.maximum(judged.size[::2], np.finfo(float).tiny), initial=0.0)
        count = len(judged.bound[::2])
        # Beside noise so small a chance would allow any error: then a larger one says more.
        missed = next((chance for chance in MISSED if 0.8 * float(gaussian) < chance ** (1 / count)), MISSED[-1])
        seen = 0.8 * float(gaussian) / missed ** (1 / count)
        return (
            f"the claim agrees with f along {len(judged.verdict)} random directions across all {format_count(self.point.x.size)} "
            "elements; "
            f"an error of {format_error(seen)} of the whole (root mean square) is missed with a probability below {missed:g}"
        )
