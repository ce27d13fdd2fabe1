"""Ask JAX and PyTorch for their values at our kinks: ``python -m benchmarks.kinks``.

Reads the tables of docs/kinks.md, evaluates each row's function with both libraries, and writes their two columns anew:
"same" as forward and reverse mode here, another value, or "-" where the library lacks the function or refuses the point.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path(__file__).parent.parent / "docs" / "kinks.md"
HEAD = ["f(x)", "x", "forward, reverse", "symbolic", "finite", "JAX", "PyTorch", "why"]
_OLD = [name for name in HEAD if name not in ("JAX", "PyTorch")]
_PLAIN = {"inf": np.inf, "nan": np.nan}


def _code(cell: str) -> str:
    return cell.strip("`")


def _numbers(cell: str) -> np.ndarray:
    return np.array(eval(_code(cell), dict(_PLAIN)), dtype=float)  # noqa: S307 - a page of our own


def by_jax(expression: str, x: np.ndarray) -> Any:
    """JAX's Jacobian by its reverse mode."""
    import jax

    jax.config.update("jax_enable_x64", True)
    names = {**_PLAIN, "np": jax.numpy, "special": jax.scipy.special}
    function = eval(f"lambda x: {expression}", names)  # noqa: S307 - a page of our own
    return jax.jacrev(function)(jax.numpy.asarray(x))


class _Torch:
    """PyTorch under NumPy's names; numbers become tensors, which PyTorch's functions want."""

    def __init__(self, module: Any) -> None:
        import torch

        self._torch, self._module = torch, module

    def __getattr__(self, name: str) -> Any:
        torch = self._torch
        if name == "linalg":
            return _Torch(torch.linalg)
        if name in ("inf", "nan", "pi"):
            return getattr(np, name)
        other = _TORCH_NAMES.get(name, name)
        function = other if callable(other) else getattr(self._module, other)

        def call(*arguments: Any, **options: Any) -> Any:
            named = {_TORCH_OPTIONS.get(key, key): value for key, value in options.items()}
            return function(*[_tensor(torch, argument, name) for argument in arguments], **named)

        return call


def _tensor(torch: Any, value: Any, name: str) -> Any:
    if isinstance(value, list):
        parts = [part if torch.is_tensor(part) else torch.tensor(float(part)) for part in value]
        return torch.stack(parts) if name in ("array", "stack") else parts
    wants_numbers = name in ("norm", "percentile", "quantile", "reshape", "clip")
    return torch.tensor(float(value)) if isinstance(value, (int, float)) and not wants_numbers else value


_TORCH_OPTIONS = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction"}
_TORCH_NAMES: dict[str, Any] = {
    "fabs": "abs",
    "max": "amax",
    "min": "amin",
    "clip": "clamp",
    "power": "pow",
    "float_power": "pow",
    "concatenate": "cat",
    "arctan2": "atan2",
    "ptp": lambda x: x.amax() - x.amin(),
    "sort": lambda x: x.sort().values,
    "median": lambda x: x.quantile(0.5),
    "var": lambda x, **options: x.var(**{"correction": 0, **options}),
    "std": lambda x, **options: x.std(**{"correction": 0, **options}),
    "array": lambda x: x,
}


def by_torch(expression: str, x: np.ndarray) -> Any:
    """PyTorch's Jacobian by its reverse mode."""
    import torch

    torch.set_default_dtype(torch.float64)
    names = {**_PLAIN, "np": _Torch(torch), "special": _Torch(torch.special)}
    function = eval(f"lambda x: {expression}", names)  # noqa: S307 - a page of our own
    return torch.autograd.functional.jacobian(function, torch.tensor(x)).numpy()


def _cell(ask: Callable[[str, np.ndarray], Any], expression: str, x: np.ndarray, ours: np.ndarray) -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = np.asarray(ask(expression, x), dtype=float)
        except Exception:  # noqa: BLE001 - whatever a library raises, it has no value to show
            return "-"
    if found.shape != ours.shape:
        return "-"
    if np.allclose(found, ours, rtol=1e-12, atol=0, equal_nan=True):
        return "same"
    return f"`{np.array2string(found, separator=', ', precision=8, max_line_width=10_000)}`".replace("\n", "")


def with_columns(lines: Iterable[str]) -> list[str]:
    """The page with both columns written anew."""
    made, header = [], []
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells or not header:
            header = cells
            made.append("| " + " | ".join(HEAD) + " |" if cells in (_OLD, HEAD) else line)
            continue
        if header not in (_OLD, HEAD):
            made.append(line)
        elif not set(line) - set("|- "):
            made.append("|" + "---|" * len(HEAD))
        else:
            expression, x, ours = _code(cells[0]), _numbers(cells[1]), _numbers(cells[2])
            peers = [_cell(ask, expression, x, ours) for ask in (by_jax, by_torch)]
            made.append("| " + " | ".join([*cells[:5], *peers, cells[-1]]) + " |")
    return made


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    made = "\n".join(with_columns(re.split(r"\n", text)))
    PAGE.write_text(made, encoding="utf-8")
