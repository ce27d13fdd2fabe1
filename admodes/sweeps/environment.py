"""The machine and the versions that measured: as far as they bear on the numbers."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .._version import __version__

#: Variables that say how many threads NumPy's libraries may use; workers get 1 where the user has not chosen.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment() -> dict[str, Any]:
    """Versions and machine, as far as they bear on the numbers."""
    import numpy as np
    import sympy

    from .fingerprint import engine_fingerprint

    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "admodes": __version__,
        "engine": engine_fingerprint(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "sympy": sympy.__version__,
        "machine": machine_name(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "blas": _blas(),
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "longdouble_digits": int(np.finfo(np.longdouble).precision),
        "byte_order": sys.byteorder,
    }


def machine_name() -> str:
    """The name that this machine has in the rows."""
    return platform.node()


def _blas() -> str:
    """The library of linear algebra that NumPy was built with."""
    import numpy as np

    found: Any = np.show_config(mode="dicts")
    blas = found.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
