"""`prepare`: an operator of one function, which pays once for what can be done once."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from . import api
from .api import Argnums, Arguments, Method
from .differentiator import Differentiator
from .errors import AdmodesError, InputError, OptionError, ShapeError
from .formatting import format_seconds
from .function import Function, ScalarFunction
from .methods import find_differentiator
from .surroundings import Surroundings

#: The operators that can be prepared.
OPERATORS: dict[str, Callable[..., Any]] = {
    "differentiate": api.differentiate,
    "gradient": api.gradient,
    "value_and_gradient": api.value_and_gradient,
    "jacobian": api.jacobian,
    "value_and_jacobian": api.value_and_jacobian,
    "jvp": api.jvp,
    "vjp": api.vjp,
    "hessian": api.hessian,
    "hvp": api.hvp,
}
_SCALAR = ("gradient", "value_and_gradient", "hessian", "hvp")
_SECOND = ("hessian", "hvp")
_DIRECTED = ("jvp", "hvp")
#: Leaves that an error spells out.
_SHOWN = 12


def prepare(
    f: Callable[..., Any],
    x: Any,
    method: Method = "auto",
    operator: str = "gradient",
    *,
    args: Arguments = (),
    argnums: Argnums = 0,
) -> Prepared:
    """An operator of f as a callable that pays once for what the method can do once.

    The symbolic method traces f, differentiates it and compiles the derivative. The others have nothing that could be kept
    from one point to the next; and where f reads what may change unseen, nothing may be kept. The callable then runs the
    operator each time, its ``prepares`` is False, and its ``reason`` says why.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` in plain NumPy.
    x : array_like or container
        A point like those to come: its structure, shapes and dtype count, its numbers do not.
    method : str or Differentiator
        As for `differentiate`.
    operator : str
        "differentiate", "gradient", "value_and_gradient", "jacobian", "value_and_jacobian", "jvp", "vjp", "hessian" or "hvp".
    args : tuple
        Further positional arguments of f.
    argnums : int or tuple of int
        Which of ``(x, *args)`` to differentiate by.

    Returns
    -------
    Prepared
        ``prepared(x)``, for "jvp" and "hvp" ``prepared(x, v)``, returns what the operator returns there.

    Raises
    ------
    OptionError
        There is no such operator.
    ShapeError
        The operator needs f(x) of shape (), and it is not.
    MissingRuleError, TracedValueError, UnsupportedError, BudgetError
        The method cannot trace f; where nothing is prepared, the first call says so.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> slope = ad.prepare(lambda x: np.sum(np.sin(x) * x), np.zeros(2), method="symbolic")
    >>> slope(np.array([0.0, 1.0])).round(6)
    array([0.      , 1.381773])
    >>> slope.prepares, slope.method, slope.operator
    (True, 'symbolic', 'gradient')
    """
    return Prepared(f, x, method, operator, args, argnums)


def has_preparation(method: Method) -> bool:
    """Whether a method has a way of preparing at all; for which f it does, `prepare` tells.

    Examples
    --------
    >>> has_preparation("symbolic"), has_preparation("reverse")
    (True, False)
    """
    return type(find_differentiator(method)).prepare is not Differentiator.prepare


class Prepared:
    """An operator of one function at points of one kind (see `prepare`).

    Where f takes another branch than it took before, or where f's `args` or the numbers that f reads (closures, globals,
    attributes) are others than they were, it is prepared anew for them: the result is right, and that call takes longer.
    Where f reads what cannot be compared (random numbers, files, what C keeps), nothing is prepared. A copy, and what is
    pickled, is prepared anew.

    Attributes
    ----------
    method : str
        Name of the method.
    operator : str
    prepares : bool
        Whether something was prepared; if not, every call runs the operator as it is.
    reason : str
        Why nothing was prepared; "" where something was.
    seconds : float
        What preparing took, checks of f included.
    """

    def __init__(
        self, f: Callable[..., Any], x: Any, method: Method, operator: str, args: Arguments = (), argnums: Argnums = 0
    ) -> None:
        if not isinstance(operator, str) or operator not in OPERATORS:
            raise OptionError(f"There is no operator {operator!r} to prepare. The operators are {', '.join(OPERATORS)}.")
        start = perf_counter()
        self.operator = operator
        self._f, self._args, self._argnums = f, args, argnums
        self._made_by = (f, x, method, operator, args, argnums)
        self._differentiator = find_differentiator(method)
        self.method = self._differentiator.name
        function = self._function(x, self._args)
        self._args = tuple(self._args)
        self._kind = _Kind(function)
        self.reason = ""
        self._prepared = self._prepare(function)
        self.seconds = perf_counter() - start

    @property
    def prepares(self) -> bool:
        """Whether something was prepared; if not, every call runs the operator as it is."""
        return self._prepared is not None

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled programs and what they were compared with stay here: they belong to these very objects.
        return type(self), self._made_by

    def __call__(self, x: Any, v: Any = None, *, args: Arguments | None = None) -> Any:
        """The operator at x.

        Parameters
        ----------
        x : array_like or container
            Of the structure, shapes and dtype that this was prepared for; integers count as float64.
        v : array_like or container
            The direction, for "jvp" and "hvp" alone.
        args : tuple, optional
            Further arguments of f; those of the preparation where left out.

        Returns
        -------
        ndarray, NumPy scalar, container or tuple
            What the operator returns.

        Raises
        ------
        ShapeError, InputError
            x is of another structure, shape or dtype; the message says where.
        """
        arguments = self._args if args is None else args
        if args is not None or not self._kind.is_plainly(x):
            self._kind.require(self._function(x, arguments), self)
        directions = self._directions(v)
        prepared = self._prepared
        if prepared is not None and not prepared.holds(self._reads(x, arguments)):
            self._prepared = prepared = self._prepare(self._function(x, arguments))
        return self._run(x, directions, arguments, prepared.differentiator if prepared else self._differentiator)

    def __repr__(self) -> str:
        what = f"prepared in {format_seconds(self.seconds)}" if self.prepares else f"runs each time: {self.reason}"
        return f"<{self.operator} of {self._kind.name} by {self.method!r} at {self._kind}; {what}>"

    def _function(self, x: Any, args: Arguments) -> Function:
        if self.operator not in _SCALAR:
            return Function(self._f, x, args, self._argnums)
        function = ScalarFunction(self._f, x, args, self._argnums)
        function.operator = self.operator
        return function

    def _prepare(self, function: Function) -> _Held | None:
        """Do once what can be done once. f is called, which shows whether the operator fits what it returns."""
        self.reason = f"{self.method} has nothing to prepare here"
        if has_preparation(self._differentiator):
            # Once more where f fills a cache of its own at its first call.
            for _ in range(2):
                surroundings = Surroundings(*self._reads(function.positional[0], function.positional[1:]))
                if surroundings.reason:
                    self.reason = surroundings.reason
                    break
                made = self._differentiator.prepare(function, second=self.operator in _SECOND)
                if made is None:
                    break
                if surroundings.are_as_before():
                    self.reason = ""
                    return _Held(made, surroundings)
                self.reason = "it changes what it reads when it is called"
        if not function.nested:
            function.plain(function.inputs)
        return None

    def _reads(self, x: Any, args: Arguments) -> list[Any]:
        """f, and those of its arguments that it is not differentiated by."""
        positional = [x, *args]
        return [self._f, *(value for number, value in enumerate(positional) if number not in self._kind.selected)]

    def _directions(self, v: Any) -> tuple[Any, ...]:
        if self.operator in _DIRECTED and v is None:
            raise InputError(f"A prepared `{self.operator}` needs a direction v of x's shape: call prepared(x, v).")
        if self.operator not in _DIRECTED and v is not None:
            raise InputError(
                f"A prepared `{self.operator}` takes no direction v: call prepared(x). "
                "Further arguments of f are given as args=(...)."
            )
        return () if v is None else (v,)

    def _run(self, x: Any, directions: tuple[Any, ...], args: Arguments, differentiator: Differentiator) -> Any:
        return OPERATORS[self.operator](self._f, x, *directions, differentiator, args=args, argnums=self._argnums)


class _Held(NamedTuple):
    """What was prepared, and what f read when it was: one value, so that threads see both or neither."""

    differentiator: Differentiator
    surroundings: Surroundings

    def holds(self, reads: list[Any]) -> bool:
        return self.surroundings.started_from(*reads) and self.surroundings.are_as_before()


class _Kind:
    """The points that something was prepared for: structure, shapes and dtypes of their leaves."""

    def __init__(self, function: Function) -> None:
        self.name = function.name
        self.selected = function.selected
        self.leaves = _leaves(function)
        self.structures = function.input_structures
        (shape, dtype) = next(iter(self.leaves.values())) if len(self.leaves) == 1 else ((), None)
        plain = list(self.leaves) == ["x"] and function.argnums == 0
        self._plain = (shape, dtype) if plain else None

    def is_plainly(self, x: Any) -> bool:
        """Whether x is the one array that is wanted: then nothing has to be taken apart to see it."""
        return self._plain is not None and type(x) is np.ndarray and (x.shape, x.dtype) == self._plain

    def require(self, function: Function, prepared: Prepared) -> None:
        """Refuse points of another kind, and say where they differ."""
        found = _leaves(function)
        if found == self.leaves and function.input_structures == self.structures:
            return
        wanted = self.leaves
        shapes = {name: shape for name, (shape, _) in found.items()} == {name: shape for name, (shape, _) in wanted.items()}
        same = function.input_structures == self.structures
        error: type[AdmodesError] = InputError if same and shapes else ShapeError
        lines = [_line(name, wanted.get(name), found.get(name)) for name in dict.fromkeys([*wanted, *found])]
        # What differs comes first.
        lines.sort(key=lambda line: line.endswith("as prepared"))
        rest = [f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        if not same and found == wanted:
            lines.insert(0, f"arranged as {self.structures}, here as {function.input_structures}")
        code = self.name if self.name.isidentifier() else "f"
        raise error(
            f"The prepared {prepared.operator} of `{self.name}` was given a point of another kind than it was prepared for:\n"
            + "\n".join(f"  {line}" for line in [*lines[:_SHOWN], *rest])
            + f"\nPrepare another one for such points: ad.prepare({code}, x, {prepared.method!r}, {prepared.operator!r}); "
            f"or convert x first."
        )

    def __str__(self) -> str:
        shown = [f"{name}: {_described(leaf)}" for name, leaf in list(self.leaves.items())[:3]]
        return ", ".join([*shown, *(["..."] if len(self.leaves) > 3 else [])]) or "no leaves"


def _leaves(function: Function) -> dict[str, tuple[tuple[int, ...], Any]]:
    """The way to each leaf of x -> its shape and dtype."""
    names = function.input_names
    return {name: (leaf.shape, leaf.dtype) for name, leaf in zip(names, function.inputs, strict=True)}


def _described(leaf: tuple[tuple[int, ...], Any]) -> str:
    return f"{leaf[1]} of shape {leaf[0]}"


def _line(name: str, wanted: tuple[tuple[int, ...], Any] | None, found: tuple[tuple[int, ...], Any] | None) -> str:
    if wanted is None:
        return f"{name}: not there, but here {_described(found or ((), None))}"
    if found is None:
        return f"{name}: prepared for {_described(wanted)}, but not there here"
    return f"{name}: {_described(wanted)}, " + ("as prepared" if wanted == found else f"but here {_described(found)}")
