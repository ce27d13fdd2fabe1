"""Grids: which cells a sweep is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import OptionError
from ..measure.comparison import method_table
from ..measure.operation import OPERATORS
from ..measure.problems import Problem
from ..measure.trials import Effort
from ..methods import find_differentiator
from .cell import Cell
from .claim import claim_tests
from .fingerprint import fingerprint, version_of
from .isolation import Limits
from .unit import Unit


@dataclass(frozen=True)
class Block:
    """Problems at every combination of numbers of inputs and outputs.

    Parameters
    ----------
    problem : Problem
    inputs, outputs : sequence of int
        Each at least 1.
    methods : sequence of str or Differentiator, optional
        Those of the grid by default.
    operators : sequence of str, optional
        Those of the grid by default.

    Raises
    ------
    OptionError
        If there are no sizes, or one is below 1.

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.measure import DENSE_LAYER
    >>> ad.Block(DENSE_LAYER, [4, 1], [1, 2]).sizes
    [(1, 1), (1, 2), (4, 1), (4, 2)]
    """

    problem: Problem
    inputs: Sequence[int]
    outputs: Sequence[int] = (1,)
    methods: Sequence[Any] | None = None
    operators: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.problem, Problem):
            raise OptionError(
                f"A sweep is over problems, not over a {type(self.problem).__name__}: make one of your function, "
                "ad.Problem('my function', lambda n, m, rng: (f, rng.normal(size=n)))."
            )
        object.__setattr__(self, "inputs", _dimensions("inputs", self.inputs))
        object.__setattr__(self, "outputs", _dimensions("outputs", self.outputs))

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """All (inputs, outputs), the smallest first."""
        pairs = [(n, m) for n in self.inputs for m in self.outputs]
        return sorted(pairs, key=lambda pair: (pair[0] * pair[1], pair[0]))


@dataclass(frozen=True)
class Grid:
    """What a sweep measures, and how long it may take.

    Parameters
    ----------
    blocks : sequence of Block
        Measured in this order. The map and the cost curves of a report show the last one.
    methods : sequence of str or Differentiator, optional
        All by default.
    operators : sequence of str
        Any of "differentiate", "gradient", "jacobian", "jvp", "vjp", "hvp", "hessian".
    effort : Effort
        For each cell.
    limits : Limits
        For each cell.
    total : float
        Seconds for everything; cells that the time does not reach are recorded as skipped.
    seed : int
        Of all random data.
    claims : bool
        Whether the lectures' claims are tested too, before the cells.
    name : str

    Raises
    ------
    OptionError
        If there is nothing to measure, or an operator does not exist.
    UnknownMethodError
        If a method does not exist.

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.measure import DENSE_LAYER
    >>> grid = ad.Grid([ad.Block(DENSE_LAYER, [1, 4], [1, 2])], methods=["forward", "reverse"])
    >>> [(cell.inputs, cell.outputs, cell.label) for cell in grid.cells()][:3]
    [(1, 1, 'forward'), (1, 1, 'reverse'), (1, 2, 'forward')]
    """

    blocks: Sequence[Block]
    methods: Sequence[Any] | None = None
    operators: Sequence[str] = ("differentiate",)
    effort: Effort = field(default_factory=Effort)
    limits: Limits = field(default_factory=Limits)
    total: float = 3600.0
    seed: int = 20240229
    claims: bool = False
    name: str = "own"

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if not self.blocks:
            raise OptionError("A grid needs at least one block: a problem with its numbers of inputs and outputs.")
        for operators in [self.operators, *(block.operators for block in self.blocks if block.operators is not None)]:
            if isinstance(operators, str) or not operators or not set(operators) <= set(OPERATORS):
                raise OptionError(f"operators must be one or more of {', '.join(OPERATORS)}, not {operators!r}.")
        for methods in [self.methods, *(block.methods for block in self.blocks if block.methods is not None)]:
            method_table(methods)
        if not isinstance(self.total, (int, float)) or not self.total > 0:
            raise OptionError(f"total must be a positive number of seconds for everything, not {self.total!r}.")
        if not isinstance(self.seed, (int, np.integer)) or self.seed < 0:
            raise OptionError(f"seed must be an integer of at least 0, not {self.seed!r}.")
        if not isinstance(self.claims, bool):
            raise OptionError(f"claims must be true or false, not {self.claims!r}.")

    def changed(self, **changes: Any) -> Grid:
        """The grid with other methods, operators, effort, limits, total, seed, claims or name; None changes nothing.

        ``inputs=`` and ``outputs=`` change the sizes of the `map_block`.
        """
        changes = {name: value for name, value in changes.items() if value is not None}
        sizes = {name: changes.pop(name) for name in ("inputs", "outputs") if name in changes}
        if sizes:
            drawn = self.map_block
            blocks = [replace(block, **sizes) if block is drawn else block for block in self.blocks]
            return replace(self, blocks=blocks, **changes)
        return replace(self, **changes)

    @property
    def map_block(self) -> Block:
        """The last block: what the map and the cost curves of a report show."""
        return self.blocks[-1]

    def cells(self) -> list[Cell]:
        """Every cell once, block after block, in each the smallest first."""
        cells = {cell.key: cell for block in self.blocks for cell in self._cells_of(block, drawn=block is self.map_block)}
        return list(cells.values())

    def units(self) -> list[Unit]:
        """All that is to be run: the claims first, which take seconds, so that the time always reaches them."""
        return [*(claim_tests() if self.claims else ()), *self.cells()]

    def _cells_of(self, block: Block, *, drawn: bool) -> list[Cell]:
        code = fingerprint(block.problem)
        table = method_table(self.methods if block.methods is None else block.methods)
        versions = {label: version_of(find_differentiator(method)) for label, method in table.items()}
        operators = self.operators if block.operators is None else block.operators
        return [
            Cell(
                problem=block.problem,
                inputs=n,
                outputs=m,
                method=method,
                label=label,
                operator=operator,
                effort=self.effort,
                seed=self.seed,
                part="grid" if drawn and len(block.sizes) > 1 and operator == operators[0] else "problem",
                code=code,
                version=versions[label],
            )
            for n, m in block.sizes
            for operator in operators
            for label, method in table.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """For the header of the results."""
        return {
            "name": self.name,
            "blocks": [_described(block) for block in self.blocks],
            "methods": list(method_table(self.methods)),
            "operators": list(self.operators),
            "effort": asdict(self.effort),
            "limits": self.limits.to_dict(),
            "total": self.total,
            "seed": self.seed,
            "claims": self.claims,
        }


def _described(block: Block) -> dict[str, Any]:
    own: dict[str, Any] = {"problem": block.problem.name, "inputs": list(block.inputs), "outputs": list(block.outputs)}
    if block.methods is not None:
        own["methods"] = list(method_table(block.methods))
    if block.operators is not None:
        own["operators"] = list(block.operators)
    return own


def _dimensions(name: str, values: Any) -> tuple[int, ...]:
    numbers = [values] if isinstance(values, (int, float, str)) else list(values)
    if not numbers or any(not isinstance(value, (int, np.integer)) or value < 1 for value in numbers):
        raise OptionError(f"{name} must be one or more integers of at least 1, not {numbers}.")
    return tuple(sorted({int(value) for value in numbers}))
