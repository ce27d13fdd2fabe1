"""Which records are shown as one node: each by itself, or all of one call of a function."""

from __future__ import annotations

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


def elementary(tape: TraceTape) -> list[Unit]:
    """Each record by itself."""
    alone = _alone(tape)
    units = []
    for number in tape.numbered():
        calls = [call for call in tape.watch.sites[number].calls if call.number not in alone]
        units.append(Unit(number, (number,), calls[0].name if calls else ""))
    return units


def by_calls(tape: TraceTape, outputs: list[int], depth: int) -> list[Unit]:
    """The records of each call at that depth, 1 for those of f itself, as one unit for each value that leaves the call."""
    alone = _alone(tape)

    def key(number: int) -> tuple[int, str]:
        calls = [call for call in tape.watch.sites[number].calls if call.number not in alone]
        return (calls[depth - 1].number, calls[depth - 1].name) if len(calls) >= depth else (-1, "")

    single = {unit.exit: unit for unit in elementary(tape)}
    units: list[Unit] = []
    for (call, name), run in groupby(tape.numbered(), key):
        members = list(run)
        units += [single[number] for number in members] if call < 0 else _exits(tape, members, name, outputs)
    return units


def _alone(tape: TraceTape) -> set[int]:
    """Calls of NumPy's functions that are a single operation, which has that name already."""
    counts: dict[int, int] = {}
    for site in tape.watch.sites.values():
        for call in site.calls:
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
