"""Executors on other machines."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from ..errors import SweepError, UnsupportedError

#: Seconds to wait for a scheduler.
_PATIENCE = 10


@contextmanager
def dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor on a running Dask cluster, and how many cells it can run at the same time.

    Parameters
    ----------
    address : str
        Of the scheduler: ``tcp://host:8786``.

    Raises
    ------
    UnsupportedError
        If Dask is not installed.
    SweepError
        If there is no scheduler at that address, or it has no workers.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise UnsupportedError("Sweeps on a Dask cluster need distributed: pip install 'admodes[dask]'.") from error
    try:
        client = distributed.Client(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise SweepError(f"There is no Dask scheduler at {address}: {error}. Start one: dask scheduler.") from error
    with client:
        count = sum(client.ncores().values())
        if not count:
            raise SweepError(f"The Dask scheduler at {address} has no workers yet. Start some: dask worker {address}.")
        # Not pure: two cells that look alike are two measurements.
        with client.get_executor(pure=False) as executor:
            yield executor, count
