"""A formula as a function: a list of steps, each a function of the values before it."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import FormulaError, InputError
from ..formatting import join_words
from .reading import in_order, near, operands_of, parse, refusal
from .vocabulary import CONSTANTS, FUNCTIONS, OPERATORS

#: The largest exponent that is a number, powers of powers multiplied: beyond, exact arithmetic might never end.
EXPONENT = 1_000
_COMPARISONS = {OPERATORS[kind] for kind in (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)}


class _Part(NamedTuple):
    """A part of a formula: a number, a variable (by its place), or a function of other parts.

    `height` counts the steps below it, `degree` is the largest product of exponents in it.
    """

    function: Callable[..., Any] | None = None
    operands: tuple[_Part, ...] = ()
    value: float | None = None
    place: int = 0
    height: int = 0
    degree: float = 1.0


@dataclass(frozen=True)
class Formula:
    """A formula as a plain function of its variables; `formula` makes one.

    Attributes
    ----------
    text : str
    names : tuple of str
        Of the variables, in the order of the arguments.

    Examples
    --------
    >>> import admodes as ad
    >>> f = ad.formula("log(x1) + x1*x2 - sin(x2)")
    >>> f.names
    ('x1', 'x2')
    >>> f
    formula('log(x1) + x1*x2 - sin(x2)')
    """

    text: str
    names: tuple[str, ...]
    _numbers: tuple[float, ...] = field(repr=False, compare=False)
    _steps: tuple[tuple[Callable[..., Any], tuple[int, ...]], ...] = field(repr=False, compare=False)
    _result: int = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in self.names]
        object.__setattr__(self, "__signature__", inspect.Signature(parameters))
        object.__setattr__(self, "__name__", self.text)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The value at numbers, arrays or traced values, one a variable."""
        try:
            given = inspect.signature(self).bind(*arguments, **named).args
        except TypeError as error:
            raise InputError(
                f"{self!r} takes {join_words(list(self.names)) or 'no argument'}, one value each: {error}."
            ) from None
        values = [*map(self._given, self.names, given), *self._numbers]
        for function, operands in self._steps:
            values.append(function(*[values[place] for place in operands]))
        return values[self._result]

    def _given(self, name: str, value: Any) -> Any:
        try:
            return _real(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(
                f"{name} of {self!r} must be a real number or an array of them, not {textwrap.shorten(repr(value), 60)}."
            ) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return formula, (self.text, self.names)

    def __repr__(self) -> str:
        return f"formula({self.text!r})"


def formula(text: str, names: Iterable[str] | None = None) -> Formula:
    """Read a formula that somebody typed: ``"log(x1) + x1*x2 - sin(x2)"``.

    Numbers, variables, ``+ - * / **``, brackets, functions by name (``exp``, ``log``, ``sin``, ``sqrt``, ``sigmoid``,
    ``max``, ...), ``pi`` and ``e``, and ``where(x > 0, a, b)``. Nothing else is read and nothing is ever run as Python:
    the function that comes back walks a list of NumPy's functions. Its operations are done level by level, first
    those of the variables alone, which is how evaluation traces are numbered on paper.

    Parameters
    ----------
    text : str
        At most 1,000 characters.
    names : iterable of str, optional
        The variables, in the order of the arguments; any other name is refused. By default those of the formula, in
        the order in which they come.

    Returns
    -------
    Formula
        A function of one argument a variable.

    Raises
    ------
    FormulaError
        If it is no formula; the message shows where.

    Examples
    --------
    >>> import admodes as ad
    >>> f = ad.formula("log(x1) + x1*x2 - sin(x2)")
    >>> float(f(2.0, 5.0).round(3))
    11.652
    >>> by_x1, by_x2 = ad.gradient(f, 2.0, args=(5.0,), argnums=(0, 1))
    >>> float(by_x1), float(by_x2.round(3))
    (5.5, 1.716)
    >>> ad.formula("x^2")
    Traceback (most recent call last):
        ...
    admodes.errors.FormulaError: `^` is no sign of formulas. Write ** for powers.
        x^2
         ^ column 2
    """
    text, tree = parse(text)
    known = None if names is None else _checked_names(names)
    found: dict[str, int] = {} if known is None else {name: place for place, name in enumerate(known)}
    parts: list[tuple[ast.expr, _Part]] = []
    for node in in_order(tree, text):
        count = len(operands_of(node, text))
        operands = tuple(part for _, part in parts[len(parts) - count :])
        del parts[len(parts) - count :]
        if isinstance(node, ast.Name) and node.id not in CONSTANTS and known is None and node.id not in FUNCTIONS:
            found.setdefault(node.id, len(found))
        parts.append((node, _part(node, operands, found, text)))
    result = parts[0][1]
    if result.function in _COMPARISONS:
        raise refusal(text, tree.col_offset, "A comparison has no derivative. Write where(x > 0, a, b).")
    return Formula(text, tuple(found), *_in_levels(result, len(found)))


def _part(node: ast.expr, operands: tuple[_Part, ...], names: dict[str, int], text: str) -> _Part:
    """The part of a formula that an expression stands for, given those that it is made of."""
    if isinstance(node, ast.Constant):
        return _Part(value=_number(node, text))
    if isinstance(node, ast.Name):
        if node.id in CONSTANTS and node.id not in names:
            return _Part(value=CONSTANTS[node.id])
        if node.id not in names:
            raise _unknown_name(node, names, text)
        return _Part(place=names[node.id])
    function = _function(node, len(operands), names, text)
    for place, operand in enumerate(operands):
        if operand.function in _COMPARISONS and not (function is np.where and place == 0):
            raise refusal(text, node.col_offset, "A comparison stands only first in where: where(x > 0, a, b).")
    if function is np.where and operands[0].function not in _COMPARISONS:
        raise refusal(text, node.col_offset, "`where` needs a comparison first: where(x > 0, a, b).")
    if function is OPERATORS[ast.UAdd]:
        return operands[0]
    degree = max(operand.degree for operand in operands)
    if function is OPERATORS[ast.Pow] and operands[1].value is not None:
        degree = operands[0].degree * max(1.0, abs(operands[1].value))
        if degree > EXPONENT:
            raise refusal(
                text, node.col_offset, f"The exponents come to {degree:.4g}, and {EXPONENT:,} is the most that is taken."
            )
    if function not in _COMPARISONS and all(operand.value is not None for operand in operands):
        return _Part(value=_folded(function, operands, node, text))
    return _Part(function, operands, height=1 + max(operand.height for operand in operands), degree=degree)


def _function(node: ast.expr, count: int, names: dict[str, int], text: str) -> Callable[..., Any]:
    """What an operator or a name that is called does."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return OPERATORS[type(node.op)]
    if isinstance(node, ast.Compare):
        return OPERATORS[type(node.ops[0])]
    called = node.func  # type: ignore[attr-defined] # nothing else is left
    name = called.id
    if name in names or name in CONSTANTS:
        raise refusal(text, called.col_offset, f"`{name}` is no function. Write {name}*(...) for a product.")
    if name not in FUNCTIONS:
        hint = near(name, FUNCTIONS) or f" There are {', '.join(FUNCTIONS)}."
        raise refusal(text, called.col_offset, f"There is no function `{name}` in formulas.{hint}")
    function, (fewest, most) = FUNCTIONS[name]
    if not fewest <= count <= most:
        wanted = f"{fewest} argument{'s' * (fewest > 1)}" if fewest == most else f"{fewest} arguments or more"
        raise refusal(text, called.col_offset, f"`{name}` takes {wanted}, not {count}.")
    return function


def _number(node: ast.Constant, text: str) -> float:
    """A number as it was typed: whole ones stay whole, so that x**2 is a square and no power of floats."""
    if not isinstance(node.value, (int, float)) or isinstance(node.value, bool):
        shown = "An imaginary number" if isinstance(node.value, complex) else f"`{node.value!r}`"
        raise refusal(text, node.col_offset, f"{shown} is no real number. Write numbers such as 2 and 1.5e-3.")
    try:
        value = float(node.value)
    except OverflowError:
        value = math.inf
    if math.isinf(value):
        raise refusal(text, node.col_offset, "This number is larger than floating-point numbers are (about 1.8e308).")
    return _whole(value) if isinstance(node.value, int) else value


def _folded(function: Callable[..., Any], operands: tuple[_Part, ...], node: ast.expr, text: str) -> float:
    """A part without variables as one number, in floating-point arithmetic, which ends at once whatever it is given."""
    with np.errstate(all="ignore"):
        value = float(function(*[np.float64(operand.value) for operand in operands]))
    if not math.isfinite(value):
        raise refusal(text, node.col_offset, f"This part has no variable, and no finite value: it is {value}.")
    return _whole(value) if all(isinstance(operand.value, int) for operand in operands) else value


def _whole(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


def _unknown_name(node: ast.Name, names: dict[str, int], text: str) -> FormulaError:
    name = node.id
    if name in FUNCTIONS:
        return refusal(text, node.col_offset, f"`{name}` is a function. Write {name}(...) with its argument.")
    codes = "" if name.isascii() else f" ({' '.join(f'U+{ord(each):04X}' for each in name)})"
    there = f" The {'variables are' if len(names) > 1 else 'variable is'} {join_words(list(names))}." if names else ""
    hint = near(name, names, 0.5) or near(name, [*FUNCTIONS, *CONSTANTS])
    return refusal(text, node.col_offset, f"There is no variable `{name}`{codes}.{there}{hint}")


def _checked_names(names: Iterable[str]) -> list[str]:
    """Names that are variables, each once."""
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if not isinstance(name, str) or not isinstance(parse(name)[1], ast.Name) or name.strip() != name:
            raise FormulaError(f"{name!r} is no name of a variable: it needs letters and digits alone, as in x1.")
        if name in FUNCTIONS or name in CONSTANTS:
            raise FormulaError(
                f"`{name}` is a {'function' if name in FUNCTIONS else 'constant'} of formulas: rename the variable."
            )
        if names.count(name) > 1:
            raise FormulaError(f"The variable `{name}` is named twice: name each once.")
    return names


def _in_levels(result: _Part, variables: int) -> tuple[Any, Any, int]:
    """Numbers, steps and the place of the result; a step comes after all that are nearer to the variables."""
    ordered: list[_Part] = []
    waiting = [result]
    while waiting:
        part = waiting.pop()
        ordered.append(part)
        waiting.extend(part.operands)
    ordered.reverse()
    numbers = [part for part in ordered if part.value is not None]
    steps = sorted((part for part in ordered if part.function is not None), key=lambda part: part.height)
    places = {id(part): variables + place for place, part in enumerate([*numbers, *steps])}
    places |= {id(part): part.place for part in ordered if part.value is None and part.function is None}
    listed = tuple((part.function, tuple(places[id(operand)] for operand in part.operands)) for part in steps)
    return tuple(part.value for part in numbers), listed, places[id(result)]


def _real(value: Any) -> Any:
    """Python's numbers and lists, and integers of any kind, as NumPy's floats; traced values as they are.

    Raises
    ------
    TypeError, ValueError
        If it is no real number and no array.
    """
    kind = type(value)  # a traced number calls itself a np.float64
    if issubclass(kind, (np.ndarray, np.generic)):
        return np.asarray(value, dtype=np.float64)[()] if value.dtype.kind in "biu" else value
    if hasattr(kind, "__array_ufunc__"):
        return value
    if issubclass(kind, (str, bytes)):
        raise TypeError("text is no number")
    return np.asarray(value if issubclass(kind, (list, tuple)) else float(value), dtype=np.float64)[()]
