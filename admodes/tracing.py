"""What a traced value is: Python's operators and NumPy's protocols, for every level alike.

A traced scalar is a value; a traced array is a buffer: writing into it rebinds its record in
place, and the change is seen through every alias and view, as in NumPy.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from .errors import LevelError, MissingRuleError, ShapeError, TracedAttributeError, TracedValueError
from .levels import Level, Traced, check_alive, lift
from .rules import FUNCTIONS, METADATA, Constant
from .table.elementwise import constant_power
from .table.structural import cast, gather, is_basic

_NO_PARAMETERS: dict[str, Any] = {}
_PLAIN_NUMBERS = (int, float, np.integer, np.floating)


def peel(value: Any) -> Any:
    """The plain value that a (nested) traced value stands for."""
    while isinstance(value, Traced):
        if isinstance(value, TracedArray):
            value.refresh()
        value = value.value
    return value


def _peel_all(arguments: Any) -> Any:
    if isinstance(arguments, (list, tuple)):
        return type(arguments)(_peel_all(item) for item in arguments)
    return peel(arguments)


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """NumPy's `__array_ufunc__` protocol."""
    out = options.pop("out", (None,))[0]
    if options.get("where", True) is True:
        options.pop("where", None)
    if method == "__call__" and not options:
        result = _rule(ufunc)(*inputs)
    elif method in ("reduce", "accumulate") and (ufunc, method) in _UFUNC_METHODS:
        result = _UFUNC_METHODS[ufunc, method](inputs[0], *inputs[1:], **{"axis": 0, **options} if len(inputs) == 1 else options)
    elif method == "outer" and not options:
        left, right = lift(inputs[0]), lift(inputs[1])
        result = _rule(ufunc)(np.reshape(left, left.shape + (1,) * right.ndim), right)
    else:
        given = ", ".join(f"{name}=<{type(value).__name__}>" for name, value in options.items())
        raise MissingRuleError(
            f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method}({given or '...'}) of traced values has no rule. "
            "Call the function without options, and choose elements by np.where or indexing."
        )
    if out is None:
        return result
    if not isinstance(out, TracedArray):
        raise TracedValueError(
            f"np.{ufunc.__name__}(..., out=...) would write a traced value into a plain array, which cannot hold its derivative. "
            "Make the array with np.zeros_like(x), or leave out= away."
        )
    out[...] = result
    return out


_UFUNC_METHODS: dict[tuple[Any, str], Callable[..., Any]] = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.logical_and, "reduce"): np.all,
    (np.logical_or, "reduce"): np.any,
    (np.add, "accumulate"): np.cumsum,
}


def _rule(function: Any) -> Callable[..., Any]:
    rule = FUNCTIONS.get(function)
    if rule is None:
        missing_rule(function)
    return rule


def missing_rule(function: Any) -> NoReturn:
    """Raise: no rule for this function; say how to add one."""
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
    name = f"{module}.{getattr(function, '__name__', function)}"
    raise MissingRuleError(
        f"{name} of traced values has no rule, so its derivative would be lost. Write it with functions that have one, "
        f"or wrap your own version with @admodes.primitive; an elementwise function is one line: "
        f"admodes.rules.elementwise({name}, lambda out, x: <partial by x>)."
    )


_WRITES_INTO_FIRST = frozenset({np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal})
_CREATES = frozenset(
    {np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, np.linspace, np.tri, np.fromiter, np.frombuffer}
)


def call_function(function: Any, arguments: tuple[Any, ...], options: dict[str, Any], like: Traced) -> Any:
    """NumPy's `__array_function__` protocol."""
    rule = FUNCTIONS.get(function)
    if rule is not None:
        return rule(*arguments, **options)
    if function in METADATA:
        return function(*_peel_all(arguments), **{name: peel(value) for name, value in options.items()})
    if function in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
        return _as_array(arguments[0], like, **options)
    if function is np.full:
        return np.full_like(like, arguments[1], shape=arguments[0], **options)
    if function in _CREATES:
        return like.level.constant(function(*arguments, **options))
    if function in _WRITES_INTO_FIRST:
        _write_into_first(function, *arguments, **options)
    missing_rule(function)


def _as_array(value: Any, like: Traced, dtype: Any = None, **options: Any) -> Any:
    array = lift(value)
    array = array if isinstance(array, Traced) else like.level.constant(np.array(array))
    return array if dtype is None else array.astype(dtype)


def _write_into_first(function: Any, target: Any, *_: Any, **__: Any) -> NoReturn:
    name = f"np.{function.__name__}"
    if isinstance(target, Traced):
        raise MissingRuleError(
            f"{name} into a traced array has no rule. Write by indexing instead: y[...] = values, or y[mask] = values."
        )
    raise TracedValueError(
        f"{name} would write traced values into a plain array, which cannot hold their derivatives. "
        "Make the array with np.zeros_like(x) and write by indexing (y[...] = values), or build it with np.stack or np.where."
    )


def _refuse_number(kind: str, cure: str) -> NoReturn:
    raise TracedValueError(
        f"{kind} of a traced value would cut its derivative (the result would be a constant). {cure} "
        "If you write into a plain array, make it with np.zeros_like(x) or np.zeros(n, like=x), or build it with np.stack."
    )


_FLOAT_CURE = "Keep the value as it is, and use np.sin(x) and not math.sin(x)."
_INT_CURE = "Use np.floor(x) or np.trunc(x), whose derivative is truly zero."


class Operators(Traced):
    """Python's operators and NumPy's protocols; shared by scalars and arrays."""

    __slots__ = ()
    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return call_function(function, arguments, options, self)

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the value."""
        return np.result_type(self.value) if isinstance(self.value, float) else self.value.dtype

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, _PLAIN_NUMBERS):
            return self.level.apply(constant_power, (self,), {"exponent": other})
        return _binary(np.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _binary(np.power, other, self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    def __neg__(self) -> Any:
        return FUNCTIONS[np.negative](self)

    def __pos__(self) -> Any:
        return FUNCTIONS[np.positive](self)

    def __invert__(self) -> Any:
        return FUNCTIONS[np.invert](self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self, digits or 0)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TracedValueError(
            "A traced value cannot be pickled: it belongs to this call of f. Compute on it here, and pickle plain results after the call."
        )

    def __hash__(self) -> int:
        raise TracedValueError(
            "A traced value cannot be a dict key, a set member or a cache key: values that are equal have different derivatives. "
            "Use an index or a name as the key, and keep the traced value as the value."
        )

    def __complex__(self) -> NoReturn:
        _refuse_number("complex(x)", _FLOAT_CURE)

    @property
    def real(self) -> Any:
        """The value itself: traced values are real."""
        return self

    def conj(self) -> Any:
        """The value itself: traced values are real."""
        return FUNCTIONS[np.conjugate](self)

    conjugate = conj

    def __format__(self, spec: str) -> str:
        return format(peel(self), spec) if spec else str(self)

    def __repr__(self) -> str:
        return f"traced({peel(self)!r})"

    __str__ = __repr__


def _binary(ufunc: Any, left: Any, right: Any) -> Any:
    return FUNCTIONS[ufunc](left, right)


def _accepts(other: Any) -> bool:
    if isinstance(other, complex):
        raise TracedValueError(
            f"A traced value met the complex number {other!r}: traced values are real, and so are their derivatives. "
            "Keep the real and imaginary parts in two real values."
        )
    return isinstance(other, (Traced, int, float, np.ndarray, np.generic, list, tuple))


def _install(name: str, ufunc: Any) -> None:
    rule = FUNCTIONS[ufunc]

    def forward(self: Any, other: Any) -> Any:
        kind = other.__class__
        if kind is float or (kind is self.__class__ and other.level is self.level):
            return self.level.apply(rule, (self, other), _NO_PARAMETERS)
        return _binary(ufunc, self, other) if _accepts(other) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return _binary(ufunc, other, self) if _accepts(other) else NotImplemented

    setattr(Operators, f"__{name}__", forward)
    setattr(Operators, f"__r{name}__", reflected)


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "matmul": np.matmul,
    "mod": np.remainder,
    "floordiv": np.floor_divide,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
COMPARISONS = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal}
for _name, _ufunc in BINARY.items():
    _install(_name, _ufunc)


def _install_comparison(name: str, ufunc: Any) -> None:
    def compare(self: Any, other: Any) -> Any:
        return _binary(ufunc, self, other) if _accepts(other) else NotImplemented

    setattr(Operators, f"__{name}__", compare)


for _name, _ufunc in COMPARISONS.items():
    _install_comparison(_name, _ufunc)


_METHODS = (
    "sum mean var std prod max min cumsum dot ravel squeeze swapaxes repeat take trace diagonal clip "
    "any all argmax argmin argsort nonzero round searchsorted"
).split()


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        return _rule(function)(self, *arguments, **options)

    method.__name__ = name
    method.__doc__ = f"As `numpy.{name}`."
    return method


for _name in _METHODS:
    setattr(Operators, _name, _method(_name))


def _shape_argument(arguments: tuple[Any, ...]) -> Any:
    return arguments[0] if len(arguments) == 1 else arguments


class Shaped(Operators):
    """The rest of ndarray's methods that scalars and arrays share."""

    __slots__ = ()

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """As `numpy.reshape`."""
        return FUNCTIONS[np.reshape](self, _shape_argument(shape), order)

    def transpose(self, *axes: Any) -> Any:
        """As `numpy.transpose`."""
        return FUNCTIONS[np.transpose](self, _shape_argument(axes) if axes else None)

    def flatten(self, order: str = "C") -> Any:
        """As `numpy.ndarray.flatten`."""
        return np.ravel(self, order).copy()

    def astype(self, dtype: Any, **options: Any) -> Any:
        """As `numpy.ndarray.astype`; to integers and booleans the result is locally constant."""
        kind = np.dtype(dtype).kind
        if kind == "f":
            return self.copy() if np.dtype(dtype) == self.dtype else cast(self, dtype=np.dtype(dtype))
        if kind in "biu":
            return _AS_INTEGER(self, dtype=np.dtype(dtype))
        raise TracedValueError(
            f"x.astype({dtype!r}) of a traced value has no rule: traced values are real floating-point numbers. Leave it out."
        )

    def copy(self, order: str = "C") -> Any:
        """A copy that shares no writes with this one."""
        raise NotImplementedError

    def item(self, *index: Any) -> Any:
        """One element, as a traced scalar."""
        if not index and self.size != 1:
            raise ShapeError(f"x.item() needs an array of one element, but x has shape {self.shape}. Give an index: x.item(i).")
        return np.ravel(self)[index[0] if index else 0] if len(index) <= 1 else self[index]

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    shape: tuple[int, ...]
    size: int
    ndim: int

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's own name
        """The transpose."""
        return FUNCTIONS[np.transpose](self)

    @property
    def imag(self) -> Any:
        """Zeros: traced values are real."""
        return np.zeros_like(self)

    def __getattr__(self, name: str) -> Any:
        # NumPy's loops over object arrays look for the function's name as a method of each element.
        function = getattr(np, name, None)
        if isinstance(function, np.ufunc) and function in FUNCTIONS:
            return lambda *others: FUNCTIONS[function](self, *others)
        raise TracedAttributeError(
            f"A traced value has no attribute '{name}': NumPy's {name} would see the bare numbers without their derivative. "
            f"Use a function of NumPy that has a rule (np.sum, np.stack, np.where, ...) or indexing instead."
        )


_AS_INTEGER = Constant("astype", lambda x, dtype: np.asarray(x).astype(dtype)[()])


class TracedScalar(Shaped):
    """A traced number. It has no length; writing `y += x` rebinds the name, as with Python's numbers."""

    __slots__ = ("level", "node", "value")
    passive = False
    ndim = 0
    size = 1
    shape: tuple[int, ...] = ()

    def __init__(self, value: Any, level: Level, node: Any) -> None:
        self.value = value
        self.level = level
        self.node = node

    def __getitem__(self, key: Any) -> Any:
        return gather(self.reshape(1), key=(0, *key) if isinstance(key, tuple) else (0,) if key is Ellipsis else (0, key))

    def copy(self, order: str = "C") -> Any:
        """The scalar itself: it cannot be written into."""
        return self

    def tolist(self) -> Any:
        """The scalar itself, still traced."""
        return self

    def __float__(self) -> float:
        _refuse_number("float(x)", _FLOAT_CURE)

    def __int__(self) -> int:
        _refuse_number("int(x)", _INT_CURE)

    def __index__(self) -> int:
        _refuse_number("An index made", _INT_CURE)

    def __trunc__(self) -> Any:
        return int(np.trunc(self))

    def __floor__(self) -> Any:
        return int(np.floor(self))

    def __ceil__(self) -> Any:
        return int(np.ceil(self))

    def __bool__(self) -> bool:
        return bool(np.not_equal(self, 0))

    def __iter__(self) -> Iterator[Any]:
        raise TracedValueError("A traced scalar cannot be iterated over: it is a single number. Wrap it in a list: [x].")


numbers.Real.register(TracedScalar)


class PassiveScalar(TracedScalar):
    """A traced number that is locally constant: using its plain value is right, and recorded as a guard."""

    __slots__ = ()
    passive = True

    def _plain(self) -> Any:
        self.level.guard(self)
        return self.value

    def __float__(self) -> float:
        return float(self._plain())

    def __int__(self) -> int:
        return int(self._plain())

    def __index__(self) -> int:
        return operator.index(self._plain())

    def __bool__(self) -> bool:
        return bool(self._plain())


#: The version of an array that a conversion has read: it may not be written into any more.
EXPORTED = -1


class View:
    """How an array was taken from another: writes go through, and stale reads are taken again.

    `key` is the index of the base that it shows, or else `take` the function from the base to the view.
    """

    __slots__ = ("base", "key", "seen", "take", "writable")

    def __init__(self, base: TracedArray, take: Callable[[Any], Any] | None, key: Any, writable: bool) -> None:
        self.base = base
        self.take = take
        self.key = key
        self.writable = writable
        self.seen = base.version

    def of(self, base: Any) -> Any:
        """The view of `base`, or of a plain array in its place."""
        return base[self.key] if self.take is None else self.take(base)

    def index(self) -> Any:
        """An index of the base that selects what this view shows."""
        if self.take is None:
            return self.key
        shape = self.base.shape
        return np.unravel_index(self.take(np.arange(self.base.size).reshape(shape)), shape)


class TracedArray(Shaped):
    """A traced buffer.

    Attributes
    ----------
    value : ndarray or traced array of a lower level
    node : object
        What the level knows about it: a record number, a tangent, an array of expressions.
    passive : bool
        Whether it is (so far) locally constant.
    shared : bool
        Whether somebody else holds `value`, so that a write must copy it first.
    version : int
        Counts the writes; a view compares it with what it saw. EXPORTED where no further writes may come.
    """

    __slots__ = ("_passive", "level", "node", "shared", "source", "value", "version")

    def __init__(self, value: Any, level: Level, node: Any, passive: bool = False) -> None:
        self.value = value
        self.level = level
        self.node = node
        self.passive = passive
        self.shared = False
        self.version = 0
        self.source: View | None = None

    @property  # type: ignore[override]
    def passive(self) -> bool:
        """Whether it is (so far) locally constant."""
        return self._passive

    @passive.setter
    def passive(self, flag: bool) -> None:
        self._passive = flag

    @property  # type: ignore[override]
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.value.shape  # type: ignore[no-any-return]

    @shape.setter
    def shape(self, shape: Any) -> None:
        raise TracedAttributeError("The shape of a traced array cannot be set in place. Write y = y.reshape(...) instead.")

    ndim = property(lambda self: self.value.ndim)  # type: ignore[assignment]
    size = property(lambda self: self.value.size)  # type: ignore[assignment]
    nbytes = property(lambda self: self.value.nbytes)
    itemsize = property(lambda self: self.value.itemsize)
    mT = property(lambda self: np.swapaxes(self, -1, -2))  # noqa: N815 - NumPy's own name

    def refresh(self) -> None:
        """Take a stale view again from its base."""
        view = self.source
        if view is None:
            return
        view.base.refresh()
        if view.seen != view.base.version:
            fresh = view.of(view.base)
            self.value, self.node, self.passive, self.shared = fresh.value, fresh.node, fresh.passive, True
            view.seen = view.base.version
            self.version += self.version != EXPORTED

    def layout(self) -> Any:
        """A plain array with the shape and strides that NumPy's array would have here; its numbers mean nothing."""
        view = self.source
        return np.empty_like(peel(self)) if view is None else view.of(view.base.layout())

    def follow(self, base: Any, take: Callable[[Any], Any] | None, key: Any = None, writable: bool = True) -> TracedArray:
        """This array as a view of `base`, from which it was taken by `take`, or by the index `key`."""
        if isinstance(base, TracedArray) and base.level is self.level:
            self.source = View(base, take, key, writable)
        return self

    def detached(self) -> TracedArray:
        """This array as it is now, unmoved by later writes."""
        self.refresh()
        self.shared = True
        other = type(self)(self.value, self.level, self.node, self.passive)
        other.shared = True
        return other

    def copy(self, order: str = "C") -> Any:
        """A copy that shares no writes with this one (memory is shared until one of them is written into)."""
        return self.detached()

    def tolist(self) -> list[Any]:
        """Nested lists of traced scalars."""
        return [item.tolist() for item in self]

    def fill(self, value: Any) -> None:
        """Set all elements."""
        self[...] = value

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis, **options)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.value)))

    @property
    def flat(self) -> Any:
        """The elements in C order, as a view."""
        size = self.size

        def ravel(base: Any) -> Any:
            return np.reshape(base, size)

        return ravel(self).follow(self, ravel)

    @flat.setter
    def flat(self, values: Any) -> None:
        self.flat[...] = values

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()")
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self.refresh()
        if self.passive:
            self.level.guard(self)
            return self._export(np.array(peel(self), dtype=dtype), copy)
        if dtype is not None and np.dtype(dtype) != object:
            _refuse_number(
                f"np.asarray(x, {np.dtype(dtype).name})", "Leave the dtype out, use x.astype(...), or np.stack for lists."
            )
        elements = np.empty(self.shape, dtype=object)
        for index in np.ndindex(*self.shape):
            elements[index] = self[index]
        return self._export(elements, copy)

    def _export(self, array: np.ndarray, copy: bool | None) -> np.ndarray:
        """NumPy's np.asarray would share memory with this buffer; ours cannot, so neither may be written into any more."""
        if copy is not True:
            array.flags.writeable = False
            owner: TracedArray | None = self
            while owner is not None:
                owner.version = EXPORTED
                owner = owner.source.base if owner.source is not None else None
        return array

    def __getitem__(self, key: Any) -> Any:
        if key.__class__ is int:
            found = self.level.element(self, key)
            return gather(self, key=key) if found is None else found
        return self.level.apply(gather, (self,), {"key": plain_key(key)})

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.source is not None:
            self.refresh()
        key = plain_key(key)
        value = lift(value) if not isinstance(value, (float, int)) else value
        self._check_buffer()
        self._check_value(value)
        if self.shared:
            self.level.unshare(self)
        self.level.write(self, key, value)
        self.version += 1
        if self.source is not None:
            self.source.base[self.source.index()] = self.detached()
            self.source.seen = self.source.base.version

    def _check_buffer(self) -> None:
        if self.version == EXPORTED:
            raise TracedValueError(
                "A traced array was written into after np.asarray (or another conversion) had read it: the two no longer share memory, as "
                "they would in plain NumPy. Write first and convert then, use np.array(y), which copies, or leave the conversion out."
            )
        if self.source is not None and not self.source.writable:
            raise ValueError(
                "assignment destination is read-only: it is a view by np.broadcast_to or np.diagonal. Copy it first: y = y.copy()."
            )

    def _check_value(self, value: Any) -> None:
        if not isinstance(value, Traced):
            return
        if value.level is not self.level:
            check_alive([self, value])
        if value.level.number > self.level.number:
            raise LevelError(
                "A value of the inner derivative was written into an array of the outer one, which cannot hold it. "
                "Make the array from the inner variable, np.zeros_like(inner_x), or build it with np.stack."
            )
        if self.dtype.kind != "f" and not value.passive:
            raise TracedValueError(
                f"A traced value was written into an array of dtype {self.dtype}, which would cut it to whole numbers and lose its derivative. "
                "Make the array of floats: np.zeros_like(x, dtype=float)."
            )

    def _become(self, result: Any) -> Any:
        """Rebind this buffer to `result`, seen through every alias."""
        result = lift(result)
        whole = (
            isinstance(result, TracedArray)
            and result.level is self.level
            and result.shape == self.shape
            and result.dtype == self.dtype
        )
        if not whole or self.source is not None or result.source is not None:
            if np.shape(result) != self.shape:
                raise ShapeError(
                    f"an in-place operation cannot change the shape {self.shape} to {np.shape(result)}. Write y = y + x instead."
                )
            self[...] = result
        else:
            self.value, self.node, self.passive, self.shared = result.value, result.node, result.passive, result.shared
            result.shared = self.shared = True
            self.version += 1
        return self


def _install_in_place(name: str) -> None:
    plain = getattr(operator, name)

    def update(self: TracedArray, other: Any) -> Any:
        self.refresh()
        return self._become(plain(self, other))

    setattr(TracedArray, f"__i{name.rstrip('_')}__", update)


for _name in ("add", "sub", "mul", "truediv", "mod", "pow", "floordiv", "matmul"):
    _install_in_place(_name)


def is_whole_slice(key: slice) -> bool:
    """Whether the ends of a slice are Python integers or absent."""
    return all([end is None or end.__class__ is int for end in (key.start, key.stop, key.step)])


def plain_key(key: Any) -> Any:
    """`key` with passive traced values as plain integers and booleans (each use is recorded as a guard)."""
    if is_basic(key):
        return key
    if isinstance(key, tuple):
        return tuple(plain_key(part) for part in key)
    if isinstance(key, slice):
        return slice(*(None if part is None else operator.index(part) for part in (key.start, key.stop, key.step)))
    if isinstance(key, list):
        array = lift(key)
        return np.zeros(np.shape(array), dtype=int) if not array.size else plain_key(array)
    if isinstance(key, np.ndarray):
        # f may overwrite the array of indices later.
        return plain_key(lift(key)) if key.dtype == object else key.copy()
    if isinstance(key, TracedScalar):
        return bool(key) if key.dtype.kind == "b" else operator.index(key)
    if isinstance(key, TracedArray):
        if not key.passive:
            raise TracedValueError(
                "An array was indexed by a traced value whose derivative would be lost. Use np.floor(i).astype(int)."
            )
        return np.array(key)
    return key
