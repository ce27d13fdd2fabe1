"""What a traced value is, for every level alike.

A traced scalar is a value; a traced array is a buffer: writing into it rebinds its record in
place, and the change is seen through every alias and view, as in NumPy.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import LevelError, ShapeError, TracedAttributeError, TracedValueError
from .inplace import InPlace, arranged
from .keys import plain_key
from .levels import Level, Traced, check_alive, lift
from .operators import Shaped
from .protocols import FLOAT_CURE, INT_CURE, peel, refuse_number
from .table.structural import gather
from .views import EXPORTED, View


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
        refuse_number("float(x)", FLOAT_CURE)

    def __int__(self) -> int:
        refuse_number("int(x)", INT_CURE)

    def __index__(self) -> int:  # noqa: PLE0305 - it never returns
        refuse_number("An index made", INT_CURE)

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

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """That of the plain number, so that `isinstance` answers in a traced run as it does in a plain one."""
        return type(np.float64(0) if type(plain := peel(self)) is float else plain)


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


class TracedArray(InPlace, Shaped):
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

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """NumPy's array, so that `isinstance` answers in a traced run as it does in a plain one."""
        return np.ndarray

    @property
    def passive(self) -> bool:
        """Whether it is (so far) locally constant."""
        return self._passive

    @passive.setter
    def passive(self, flag: bool) -> None:
        self._passive = flag

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        shape: tuple[int, ...] = self.value.shape
        return shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        raise TracedAttributeError("The shape of a traced array cannot be set in place. Write y = y.reshape(...) instead.")

    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    nbytes = property(lambda self: self.value.nbytes)
    itemsize = property(lambda self: self.value.itemsize)
    mT = property(lambda self: np.swapaxes(self, -1, -2))  # noqa: N815 - NumPy's own name

    def refresh(self) -> None:
        """Take a stale view again from its base."""
        view = self.source
        if view is None:
            return
        base = view.base
        if base.source is not None:
            base.refresh()
        if view.seen != base.version:
            fresh = view.of(base)
            self.value, self.node, self.passive, self.shared = fresh.value, fresh.node, fresh.passive, True
            view.seen = base.version
            self.version += self.version != EXPORTED

    def layout(self) -> Any:
        """A plain array with the shape and strides that NumPy's array would have here; its numbers mean nothing."""
        view = self.source
        return np.empty_like(peel(self)) if view is None else view.of(view.base.layout())

    def follow(self, base: Any, take: Callable[[Any], Any] | None, key: Any = None, writable: bool = True) -> TracedArray:
        """The array as a view of `base`, from which it was taken by `take`, or by the index `key`."""
        if isinstance(base, TracedArray) and base.level is self.level:
            self.source = View(base, take, key, writable)
        return self

    def detached(self) -> TracedArray:
        """The array as it is now, unmoved by later writes."""
        self.refresh()
        self.shared = True
        other = type(self)(self.value, self.level, self.node, self.passive)
        other.shared = True
        return other

    def copy(self, order: str = "C") -> Any:
        """A copy that shares no writes with this one (memory is shared until one of them is written into)."""
        other = self.detached()
        if order not in {"C", None} or type(other.value) is not np.ndarray or not other.value.flags.c_contiguous:
            other.value = arranged(other.value, self.layout(), order or "C")
        return other

    def tolist(self) -> list[Any]:
        """Nested lists of traced scalars."""
        return [item.tolist() for item in self]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.value)))

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
        if self.dtype.kind == "c":
            raise TracedValueError(
                "np.asarray (or another conversion) of complex traced values would make an array of objects, whose .real and "
                ".imag NumPy itself answers wrongly. Leave the conversion out: z is an array already."
            )
        if dtype is not None and np.dtype(dtype) != object:
            refuse_number(
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
        if type(key) is int:
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
                "A traced array was written into after np.asarray (or another conversion) had read it: the two no longer share "
                "memory, as they would in plain NumPy. Write first and convert then, use np.array(y), which copies, "
                "or leave the conversion out."
            )
        if self.source is not None and not self.source.writable:
            raise ValueError(
                "assignment destination is read-only: it is a view by np.broadcast_to, np.diagonal, np.real, np.imag "
                "or sliding_window_view. "
                "Copy it first: y = y.copy()."
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
        if value.dtype.kind == "c" and self.dtype.kind != "c":
            raise TracedValueError(
                "A complex value was written into an array of real numbers, which would drop its imaginary part. "
                "Write np.real(z), or make the array complex: np.zeros_like(x, dtype=complex)."
            )
        if self.dtype.kind not in "fc" and not value.passive:
            raise TracedValueError(
                f"A traced value was written into an array of dtype {self.dtype}, which would cut it to whole numbers "
                "and lose its derivative. "
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
            and peel(result).strides == peel(self).strides
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
