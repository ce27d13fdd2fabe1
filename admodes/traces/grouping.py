"""Which records are shown as one node: each by itself, or all of one call of a function."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from .recording import TraceTape
from .sweeping import record_of


class Unit(NamedTuple):
    """Records that are shown as one node.

    Attributes
    ----------
    exit : int
        The record whose value is seen outside.
    members : tuple of int
        In the order of the tape, `exit` last.
    group : str
        Name of the function that they belong to; "" where that is f.
    whole : bool
        Whether they stand for a call of that function, and not for the operation of a single record.
    """

    exit: int
    members: tuple[int, ...]
    group: str = ""
    whole: bool = False


def reads_of(tape: TraceTape, unit: Unit) -> list[int]:
    """Records outside of a unit that it reads: each argument of a single record, each record once for a call."""
    inside = set(unit.members)
    read = [record_of(node) for number in unit.members for node in tape[number][1] if node is not None]
    outside = [number for number in read if number not in inside]
    return list(dict.fromkeys(outside)) if unit.whole else outside


def results(tape: TraceTape, outputs: Sequence[int]) -> list[int]:
    """The records that f computed `outputs` as, where arrays were made of its results afterwards."""
    found: dict[int, None] = {}
    for number in outputs:
        read = [record_of(node) for node in tape[number][1] if node is not None] if number in tape.watch.assembled else []
        found.update(dict.fromkeys(results(tape, read) if read else [number]))
    return list(found)


def shown(tape: TraceTape, outputs: Sequence[int]) -> list[int]:
    """The records that are nodes: all that f made, and of what a function of NumPy does inside, what its result is made of.

    What such a function merely looked at (whether elements tie, say) leads to no result. A function that f calls and does
    not use the result of stays as it is.
    """
    made = [number for number in tape.numbered() if number not in tape.watch.assembled]
    calls = {}
    for number in made:
        called = tape.watch.sites[number].calls
        calls[number] = called[-1].number if called and called[-1].of_numpy else -1
    roots = {number for number, call in calls.items() if call < 0}
    used = _read_by(tape, roots | set(outputs))
    begun = {calls.get(number, -1) for number in used}
    used = _read_by(tape, used | {number for number, call in calls.items() if call >= 0 and call not in begun})
    return sorted(used)


def _read_by(tape: TraceTape, roots: set[int]) -> set[int]:
    """These records with all that they are made of."""
    found = set(roots)
    for number in reversed(tape.numbered()):
        if number in found:
            found.update(record_of(node) for node in tape[number][1] if node is not None)
    return found


def elementary(tape: TraceTape, numbers: Sequence[int]) -> list[Unit]:
    """Each of these records by itself."""
    alone = _alone(tape, numbers)
    units = []
    for number in numbers:
        calls = [call for call in tape.watch.sites[number].calls if call.number not in alone]
        units.append(Unit(number, (number,), calls[0].name if calls else ""))
    return units


def by_calls(tape: TraceTape, numbers: Sequence[int], outputs: list[int], depth: int) -> list[Unit]:
    """Of these records those of each call at that depth (1: those that f makes), a unit for each value that leaves the call."""
    alone = _alone(tape, numbers)

    def key(number: int) -> tuple[int, str]:
        calls = [call for call in tape.watch.sites[number].calls if call.number not in alone]
        return (calls[depth - 1].number, calls[depth - 1].name) if len(calls) >= depth else (-1, "")

    single = {unit.exit: unit for unit in elementary(tape, numbers)}
    units: list[Unit] = []
    for (call, name), run in groupby(numbers, key):
        members = list(run)
        units += [single[number] for number in members] if call < 0 else _exits(tape, members, name, outputs)
    return units


def _alone(tape: TraceTape, numbers: Sequence[int]) -> set[int]:
    """Calls of NumPy's functions that are a single operation, which has that name already."""
    counts: dict[int, int] = {}
    for number in numbers:
        for call in tape.watch.sites[number].calls:
            if call.of_numpy:
                counts[call.number] = counts.get(call.number, 0) + 1
    return {number for number, count in counts.items() if count == 1}


def _exits(tape: TraceTape, members: list[int], name: str, outputs: list[int]) -> list[Unit]:
    """One unit for each record of a call that is read outside of it, cut where another such record begins."""
    inside = set(members)
    read = {record_of(node) for number in tape.numbered() if number not in inside for node in tape[number][1] if node is not None}
    exits = [number for number in members if number in read or number in outputs] or members[-1:]
    units = []
    for number in exits:
        needed, waiting = {number}, [number]
        while waiting:
            for node in tape[waiting.pop()][1]:
                if node is not None and (operand := record_of(node)) in inside and operand not in exits and operand not in needed:
                    needed.add(operand)
                    waiting.append(operand)
        units.append(Unit(number, tuple(sorted(needed)), name, whole=True))
    return units
