"""Sets of inputs, each with a number: what an element of an array may depend on."""

from __future__ import annotations

from typing import Any

import numpy as np

#: The number of the empty set.
NONE = 0

#: Numbers that all sets together may hold (256 MB); beyond, a new set is that of all inputs, which is never too small.
MOST = 2**25


class Sets:
    """Sets of inputs by number: 0 is the empty one, and ``1 + j`` that of input j alone.

    Arrays of such numbers say what each element of an array depends on. Moving elements moves their numbers, and
    equal sets mostly have equal numbers, so that a dense array of a million elements still has one set.

    Parameters
    ----------
    inputs : int
        Numbers of elements of all inputs together.
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self._members = np.arange(inputs)
        self._used = inputs
        self._starts = np.concatenate([[0], np.arange(inputs)])
        self._sizes = np.minimum(np.arange(inputs + 1), 1)
        self._count = inputs + 1
        self._all: int | None = None
        self._pairs: dict[tuple[int, int], int] = {}

    def sizes(self, numbers: Any) -> Any:
        """How many members the sets have."""
        return self._sizes[numbers]

    def members(self, numbers: Any) -> Any:
        """The members of the sets of these numbers (one axis), one set after the other, each in order."""
        sizes = self._sizes[numbers]
        ends = np.cumsum(sizes)
        total = int(ends[-1]) if len(ends) else 0
        return self._members[np.arange(total) + np.repeat(self._starts[numbers] - ends + sizes, sizes)]

    def either(self, left: Any, right: Any) -> Any:
        """The union of two sets, element by element; the arrays have one shape."""
        if left is right:
            return left
        if not left.ndim:
            return np.array(self._pair(int(left), int(right)))
        apart = (left != right) & (right != NONE)
        if not apart.any():
            return left
        result = np.where(apart & (left == NONE), right, left)
        apart &= left != NONE
        if apart.any():
            wanted = left[apart] * self._count + right[apart]
            pairs = _distinct(wanted)
            places = np.searchsorted(pairs, wanted)
            groups = np.repeat(np.arange(len(pairs)), 2)
            united = self.unite(groups, np.stack(_parts(pairs, self._count), axis=1).ravel(), len(pairs))
            result[apart] = united[places]
        return result

    def _pair(self, left: int, right: int) -> int:
        """The union of two sets; numbers in a loop ask for the same ones again and again."""
        if right in (left, NONE):
            return left
        if left == NONE:
            return right
        found = self._pairs.get((left, right))
        if found is None:
            found = self._pairs[left, right] = self._united_pair(left, right)
        return found

    def _united_pair(self, left: int, right: int) -> int:
        if self._sizes[left] < self._sizes[right]:
            left, right = right, left
        larger, smaller = (self._members[self._starts[i] : self._starts[i] + self._sizes[i]] for i in (left, right))
        places = np.searchsorted(larger, smaller)
        outside = larger[np.minimum(places, len(larger) - 1)] != smaller
        if not outside.any():
            return left
        if self._used + len(larger) + len(smaller) > MOST:
            return self._everything()
        members = np.insert(larger, places[outside], smaller[outside])
        return int(self._append(members, np.array([len(members)]))[0])

    def unite(self, groups: Any, numbers: Any, count: int) -> Any:
        """The union of the sets of each of `count` groups: set ``numbers[i]`` belongs to group ``groups[i]``."""
        there = numbers != NONE
        groups, numbers = _parts(_distinct(groups[there] * self._count + numbers[there]), self._count)
        result = np.zeros(count, dtype=int)
        result[groups] = numbers
        several = np.bincount(groups, minlength=count) > 1
        if not several.any():
            return result
        mine = several[groups]
        groups, numbers = groups[mine], numbers[mine]
        sizes = self._sizes[numbers]
        # The largest set of a group, which is the union where it has as many members.
        order = np.argsort(sizes, kind="stable")
        result[groups[order]] = numbers[order]
        others = numbers != result[groups]
        owners = np.repeat(groups[others], sizes[others])
        outside = ~self._contain(result[owners], self.members(numbers[others]))
        fresh = np.zeros(count, dtype=bool)
        fresh[owners[outside]] = True
        mine = fresh[groups]
        if self._used + int(sizes[mine].sum()) > MOST:
            result[fresh] = self._everything()
        elif mine.any():
            found = _distinct(np.repeat(groups[mine], sizes[mine]) * self.inputs + self.members(numbers[mine]))
            owners, members = _parts(found, self.inputs)
            result[fresh] = self._append(members, np.bincount(owners, minlength=count)[fresh])
        return result

    def _contain(self, numbers: Any, members: Any) -> Any:
        """Whether each set has the member of the same place, by bisection of all at once."""
        low = self._starts[numbers]
        high = end = low + self._sizes[numbers]
        while (low < high).any():
            middle = (low + high) // 2
            below = self._members[np.minimum(middle, end - 1)] < members
            low, high = np.where(below & (low < high), middle + 1, low), np.where(below, high, middle)
        return (low < end) & (self._members[np.minimum(low, end - 1)] == members)

    def _everything(self) -> int:
        """The set of all inputs."""
        if self._all is None:
            self._all = int(self._append(np.arange(self.inputs), np.array([self.inputs]))[0])
        return self._all

    def _append(self, members: Any, lengths: Any) -> Any:
        """Sets that are new, and their numbers."""
        self._members = _grown(self._members, self._used, members)
        self._starts = _grown(self._starts, self._count, self._used + np.cumsum(lengths) - lengths)
        self._sizes = _grown(self._sizes, self._count, lengths)
        numbers = self._count + np.arange(len(lengths))
        self._used += len(members)
        self._count += len(lengths)
        return numbers


def _grown(array: Any, used: int, more: Any) -> Any:
    """`array` with `more` behind its first `used` elements; its memory doubles, so that many calls copy little."""
    if used + len(more) > len(array):
        longer = np.empty(max(used + len(more), 2 * used), array.dtype)
        longer[:used] = array[:used]
        array = longer
    array[used : used + len(more)] = more
    return array


def _distinct(values: Any) -> Any:
    """The values in order, each once. (NumPy's own `unique` goes by a table of hashes, which takes ten times as long.)"""
    values = np.sort(values)
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return values[first]


def _parts(values: Any, base: int) -> tuple[Any, Any]:
    """Quotient and rest. (NumPy's `divmod` takes several times as long as its division.)"""
    quotient = values // base
    return quotient, values - quotient * base
