"""One workload measured: calls built, checked against each other, then timed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from .libraries import PEERS, Call, admodes_call, by_hand_call, find_package, primal_call, to_arrays
from .timing import AGREEMENT, SECONDS_PER_SAMPLE, check_agreement, first_calls, sample, traced_memory
from .workloads import SEED, WRITES, Workload

SCHEMA = 1
FUNCTION, BY_HAND, OURS = "f", "by hand", "admodes"


def settle_allocator() -> None:
    """Bring the C allocator into the state of a process that has used large arrays before.

    glibc raises two thresholds when the first large block is freed, and from then on keeps memory instead of
    returning it. Without this, a time would depend on the workloads measured before it (by a factor of three).
    """
    np.empty(31 * 2**20, np.uint8)


def describe_environment(peers: Sequence[str], rounds: int) -> dict[str, Any]:
    """The header of the results: machine, versions, which libraries are here and which are not."""
    packages = {OURS: "admodes"} | {peer: PEERS[peer][0] for peer in peers}
    found = {package: find_package(package) for package in dict.fromkeys(packages.values())}
    if found.get("torch", (None, ""))[0]:
        import torch

        torch.set_num_threads(1)
    return {
        "schema": SCHEMA,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "versions": {package: version for package, (version, _) in found.items() if version},
        "available": [name for name, package in packages.items() if found[package][0]],
        "missing": {name: found[package][1] for name, package in packages.items() if not found[package][0]},
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": 1,
        "dtype": "float64",
        "rounds": rounds,
        "seconds_per_sample": SECONDS_PER_SAMPLE,
        "agreement": AGREEMENT,
        "seed": SEED,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _build_calls(workload: Workload, libraries: Sequence[str]) -> tuple[dict[str, Call], dict[str, str]]:
    """The derivative calls by name, the most independent first, and the reasons for those not made."""
    inputs = workload.make_inputs()
    calls: dict[str, Call] = {}
    refused = {}
    by_hand = by_hand_call(workload, inputs)
    if by_hand is not None:
        calls[BY_HAND] = by_hand
    for name in libraries:
        if name in workload.refused:
            refused[name] = workload.refused[name]
            continue
        call = (admodes_call if name == OURS else PEERS[name][1])(workload, inputs)
        if call is not None:
            calls[name] = call
    return calls, refused


def measure(workload: Workload, libraries: Sequence[str], rounds: int) -> dict[str, Any]:
    """Check and time one workload; one record of the results.

    Raises
    ------
    DisagreementError
        If the libraries do not agree; nothing is timed then.
    """
    calls, refused = _build_calls(workload, libraries)
    timings, results = first_calls(calls)
    arrays = {name: to_arrays(result) for name, result in results.items()}
    difference = check_agreement(arrays, workload.name) if len(arrays) > 1 else None
    del results, arrays
    calls = {FUNCTION: primal_call(workload, workload.make_inputs())} | calls
    timings = first_calls({FUNCTION: calls[FUNCTION]})[0] | timings
    sample(calls, timings, rounds)
    memory = traced_memory(calls[OURS]) if workload.name in WRITES and OURS in calls else None
    return {
        "workload": workload.name,
        "operator": workload.operator,
        "method": workload.method,
        "targets": dict(workload.targets),
        "refused": refused,
        "largest_difference": difference,
        "memory": memory,
        "timings": {
            name: {"first": timing.first, "median": timing.median, "minimum": timing.minimum}
            | {"loops": timing.loops, "samples": timing.samples}
            for name, timing in timings.items()
        },
    }
