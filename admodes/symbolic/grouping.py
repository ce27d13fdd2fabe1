"""Which slots are computed together, as one array: those that do the same to operands that lie together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from .budget import asked
from .lowering import Slot

#: Fewer slots than these are computed one by one: NumPy pays for each array what it pays for several numbers.
_FEWEST = 4
_FEWEST_CALLS = 2
#: Helpers that take arrays.
ARRAY_HELPERS = frozenset({"_common", "_euclid", "_ratio", "_softshare", "_heaviside"})


class Group(NamedTuple):
    """Slots that become one array, or one slot alone; `operands` are each member's, in an order common to all."""

    members: list[int]
    operands: list[tuple[int, ...]]
    numbers: list[tuple[Any, ...]]

    def taken(self, order: Sequence[int]) -> Group:
        """Some members, in that order."""
        return Group(
            [self.members[index] for index in order],
            [self.operands[index] for index in order],
            [self.numbers[index] for index in order],
        )


class Grouping:
    """The groups of a program, in the order in which they can be computed.

    Attributes
    ----------
    groups : list of Group
    group : list of int
        The group of every slot; that of all variables is 0, that of constants -1.
    position : list of int
        Its position in the group's array; of a variable its place among the variables.
    """

    def __init__(self, slots: Sequence[Slot], roots: Sequence[int]) -> None:
        self.groups = [Group([number for number, slot in enumerate(slots) if slot.kind == "variable"], [], [])]
        self.group = [0] * len(slots)
        self.position = [0] * len(slots)
        levels: dict[int, list[int]] = defaultdict(list)
        depth = [0] * len(slots)
        needed = _needed(slots, roots)
        for number, slot in enumerate(asked(slots)):
            if slot.kind == "variable":
                self.position[number] = slot.numbers[0]
            elif slot.kind == "constant":
                self.group[number] = -1
            elif number in needed:
                depth[number] = 1 + max((depth[operand] for operand in slot.operands), default=0)
                levels[depth[number]].append(number)
        for level in sorted(levels):
            self._divide(slots, levels[level])
        self._arrange(roots)

    def _divide(self, slots: Sequence[Slot], level: Sequence[int]) -> None:
        """Make the groups of the slots that depend on none of each other."""
        alike: dict[Any, Group] = {}
        for number in asked(level):
            operands, numbers = self._in_order(slots[number])
            group = alike.setdefault(self._likeness(slots[number], operands, numbers), Group([], [], []))
            group.members.append(number)
            group.operands.append(operands)
            group.numbers.append(numbers)
        for group in alike.values():
            kind = slots[group.members[0]]
            fewest = _FEWEST_CALLS if kind.kind == "call" else _FEWEST
            if len(group.members) >= fewest and (kind.kind != "helper" or kind.name in ARRAY_HELPERS):
                self._enter(group)
            else:
                for index in range(len(group.members)):
                    self._enter(group.taken([index]))

    def _enter(self, group: Group) -> None:
        for position, member in enumerate(group.members):
            self.group[member], self.position[member] = len(self.groups), position
        self.groups.append(group)

    def _arrange(self, roots: Sequence[int]) -> None:
        """Put the members of each group in the order in which they are read, the last reader first: pieces are slices then."""
        wanted: dict[int, Sequence[int]] = {}
        self._want(wanted, roots)
        for number in asked(range(len(self.groups) - 1, 0, -1)):
            group = self.groups[number]
            if number in wanted:
                row = {member: index for index, member in enumerate(group.members)}
                order = [row[member] for member in dict.fromkeys((*wanted[number], *group.members))]
                group = self.groups[number] = group.taken(order)
                for position, member in enumerate(group.members):
                    self.position[member] = position
            columns = list(zip(*group.operands, strict=True))
            for column in asked(columns):
                self._want(wanted, column)
            if len({self.group[operand] for operand in group.operands[0]}) < len(columns):
                self._want(wanted, [operand for row in group.operands for operand in row])

    def _want(self, wanted: dict[int, Sequence[int]], slots: Sequence[int]) -> None:
        """Note in which order these slots are read; of several readers the one of most slots counts."""
        found: dict[int, list[int]] = defaultdict(list)
        for slot in dict.fromkeys(slots):
            found[self.group[slot]].append(slot)
        for group, members in found.items():
            if len(members) > max(1, len(wanted.get(group, ()))):
                wanted[group] = members

    def _place(self, slot: int) -> tuple[int, int]:
        return self.group[slot], self.position[slot]

    def _in_order(self, slot: Slot) -> tuple[tuple[int, ...], tuple[Any, ...]]:
        """Operands and numbers, those that commute sorted by where they lie: SymPy's own order follows names."""
        if slot.kind == "sum":
            pairs = sorted(zip(slot.operands, slot.numbers[1:], strict=True), key=lambda pair: self._place(pair[0]))
            return tuple([operand for operand, _ in pairs]), (slot.numbers[0], *[number for _, number in pairs])
        if slot.kind == "product":
            ends = len(slot.operands) - slot.divisors
            above, below = slot.operands[:ends], slot.operands[ends:]
            return (*sorted(above, key=self._place), *sorted(below, key=self._place)), slot.numbers
        return slot.operands, slot.numbers

    def _likeness(self, slot: Slot, operands: Sequence[int], numbers: Sequence[Any]) -> Any:
        """What slots of one group have in common."""
        sources = tuple([self.group[operand] for operand in operands])
        plain = slot.kind in {"sum", "product"} and numbers[0] == (0.0 if slot.kind == "sum" else 1.0)
        return slot.kind, slot.name, slot.divisors, plain, sources


def _needed(slots: Sequence[Slot], roots: Sequence[int]) -> set[int]:
    """The slots that the roots come down to."""
    needed = set(roots)
    for number in range(len(slots) - 1, -1, -1):
        if number in needed:
            needed.update(slots[number].operands)
    return needed
