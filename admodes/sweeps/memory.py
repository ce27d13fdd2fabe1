"""A limit on the memory of this process, where the system has one."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable

#: The part of the machine's memory that a cell may take where nothing else is said.
_DEFAULT_PART = 0.75


def limit_memory(allowed: float | None) -> Callable[[], None]:
    """Allow this process `allowed` bytes more than it has (no limit where the system has none); how to lift it again."""
    if allowed is None:
        allowed = _DEFAULT_PART * memory_of_the_machine()
    if math.isinf(allowed) or memory_limit_problem():
        return lambda: None
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = _address_space() + int(allowed)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def memory_limit_problem() -> str:
    """Why the memory of a cell cannot be limited here; "" where it can."""
    try:
        import resource

        _address_space()
    except (ImportError, OSError):
        return f"{sys.platform} does not let a process limit its memory"
    return "" if hasattr(resource, "RLIMIT_AS") else f"{sys.platform} has no limit on address space"


def _address_space() -> int:
    """Bytes of address space that this process has now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be loaded for one line
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def memory_of_the_machine() -> float:
    """Bytes; infinity where the system does not tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        return math.inf
