"""What the tests of sweeps share: problems that misbehave, and cells and grids made of them."""

from __future__ import annotations

import ctypes
import os
import signal
import time

import numpy as np

from admodes.measure import Effort, Problem
from admodes.sweeps import Block, Grid, Limits
from admodes.sweeps.cell import Cell

#: As little measuring as there can be.
SHORT = Effort(rounds=1, budget=20.0, sample_seconds=0.0)


def cubes(n, m, rng):
    return (lambda x: np.sum(x**3)), rng.uniform(1.0, 2.0, n)


CUBES = Problem("cubes", cubes, lambda f, x: 3 * x**2)


def problem(name, f):
    """f, which every way of misbehaving is, at a point of ones."""
    return Problem(name, lambda n, m, rng: (f, np.ones(n)))


def hang_in_compiled_code(x):
    """Not a Python instruction is executed any more, so that no signal handler of Python's can strike."""
    ctypes.PyDLL(None).sleep(3600)  # keeps Python's lock
    return np.sum(x)


def ignore_every_limit(x):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        time.sleep(0.01)


def segfault(x):
    ctypes.string_at(0)
    return np.sum(x)


def abort(x):
    os.abort()


def leave(x):
    os._exit(3)


def leave_politely(x):
    raise SystemExit("that was it")


def interrupt(x):
    raise KeyboardInterrupt


def take_memory(x):
    return np.sum(x) * np.sum(np.ones(int(3e9 / 8)))


def print_a_lot(x):
    print("x" * 100_000)
    os.write(2, b"y" * 300_000)
    return np.sum(x)


def cell(of, method="forward", n=2, m=1, operator="differentiate", effort=SHORT):
    return Cell(of, n, m, method, method if isinstance(method, str) else method.name, operator, effort, seed=1)


def grid(*problems, inputs=(1, 2), methods=("forward", "reverse"), seconds=60.0, **options):
    """A grid that takes as little time as there can be."""
    return Grid(
        [Block(one, inputs) for one in problems or (CUBES,)],
        methods=methods,
        effort=options.pop("effort", SHORT),
        limits=Limits(seconds=seconds),
        **options,
    )
