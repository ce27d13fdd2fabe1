"""Writes docs/numpy.md: every function that NumPy lets others override, its class, and the methods that it works in.

    python tests/numpy_page.py

The classes are read off the registry; the methods are tried out, on the calls that the tests make.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import rule_cases  # noqa: E402 - found through the path above

import admodes as ad  # noqa: E402
from admodes import rules  # noqa: E402
from admodes.coverage import CLASSES, classify, name_of, overridable  # noqa: E402
from admodes.errors import AdmodesError  # noqa: E402

TRACING = ("forward", "reverse", "symbolic", "complex")
#: Calls of one function tried in each method.
_TRIES = 3
_X = np.array([0.4, 0.9, 1.3, 0.7])

Call = Callable[[str], Any]


def calls_of_the_tests() -> dict[Any, list[Call]]:
    """The calls that the test modules list, by function."""
    found: dict[Any, list[Call]] = defaultdict(list)
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        if "rule_cases" not in path.read_text(encoding="utf-8"):
            continue
        for value in vars(importlib.import_module(path.stem)).values():
            for case in _cases_in(value):
                found[case.function].append(lambda method, case=case: ad.jacobian(case, case.named(case.points), method=method))
    return found


def _cases_in(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for parameter in value:
            values = getattr(parameter, "values", ())
            if values and not callable(values) and isinstance(values[0], rule_cases.FunctionCase) and values[0].points:
                yield values[0]


def _written(write: Callable[[Any, Any], Any], matrix: bool = False) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        y = np.zeros_like(np.outer(x, x) if matrix else x)
        write(y, x)
        return y

    return f


#: Calls of functions that write or create, which the tests do not list by function.
OTHERS: dict[str, Callable[[Any], Any]] = {
    "copyto": _written(lambda y, x: np.copyto(y, x * x)),
    "put": _written(lambda y, x: np.put(y, [0, 2], x[:2])),
    "place": _written(lambda y, x: np.place(y, [True, False, True, False], x)),
    "putmask": _written(lambda y, x: np.putmask(y, [True, False, True, False], x)),
    "put_along_axis": _written(lambda y, x: np.put_along_axis(y, np.array([1, 0]), x[:2], 0)),
    "fill_diagonal": _written(np.fill_diagonal, matrix=True),
    "full": lambda x: np.full((2,), x[0], like=x),
    "fromfunction": lambda x: np.fromfunction(lambda i: i * x[0], (3,), like=x),
    "fromiter": lambda x: x * np.fromiter(range(4), float, like=x),
    "require": lambda x: np.require(x * 2, like=x),
}


def _square(z: Any) -> Any:
    return np.square(np.real(z)) + np.square(np.imag(z))


def call_of_a_rule(function: Any) -> list[Call]:
    """A call of an elementwise rule inside its domain; of a Fourier transform, the squared size of its result."""
    other = OTHERS.get(function.__name__)
    if other is not None:
        return [lambda method: ad.jacobian(other, _X, method=method)]
    rule = rules.ELEMENTWISE.get(function)
    if rule is not None:
        points = rule_cases.draw(rule, *[(3,)] * len(rule.partials))
        position = rule_cases.smooth(rule)[0]

        def of_one(x: Any) -> Any:
            return function(*points[:position], x, *points[position + 1 :])

        return [lambda method: ad.jacobian(of_one, points[position], method=method)]
    if "fft" in getattr(function, "__module__", ""):
        x = _X.reshape(2, 2) if function.__name__.endswith("2") else _X
        return [lambda method: ad.jacobian(lambda x: _square(function(x)), x, method=method)]
    return [lambda method: ad.jacobian(lambda x: np.real(function(x)), _X, method=method)]


def works(calls: list[Call], method: str) -> str:
    """How many of the calls have a derivative by this method: "yes" for all, "some", or "no"."""
    succeeded = []
    for call in calls[:_TRIES]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call(method)
        except (AdmodesError, TypeError, ValueError):
            succeeded.append(False)
        else:
            succeeded.append(True)
    return "yes" if all(succeeded) else "some" if any(succeeded) else "no"


def page() -> str:
    """The page as Markdown."""
    calls = calls_of_the_tests()
    groups: dict[str, list[Any]] = defaultdict(list)
    for function in {name_of(function): function for function in overridable()}.values():
        groups[classify(function)].append(function)
    lines = [
        "# NumPy's functions",
        "",
        f"A traced value can take over {sum(map(len, groups.values()))} functions of NumPy {np.__version__}, those that",
        "`numpy.testing.overrides` lists. Each is in one class. This page is written by `python tests/numpy_page.py`.",
    ]
    for name, text in CLASSES.items():
        functions = sorted(groups.pop(name, []), key=name_of)
        lines += ["", f"## {name.capitalize()} ({len(functions)})", "", text, ""]
        if name != "differentiable":
            lines.append(", ".join(f"`{name_of(function)}`" for function in functions) + ".")
            continue
        lines += [
            f'"yes": for the (up to {_TRIES}) calls of real arrays that were tried; options without a rule are refused by name.',
            '"some": not for all of them; of the symbolic mode, for small matrices. `"finite"` takes everything.',
            "",
            "| function | " + " | ".join(TRACING) + " |",
            "|---|" + "---|" * len(TRACING),
        ]
        for function in functions:
            tried = calls.get(function) or call_of_a_rule(function)
            lines.append(f"| `{name_of(function)}` | " + " | ".join(works(tried, method) for method in TRACING) + " |")
    assert not groups, f"no text for {[name_of(one) for functions in groups.values() for one in functions]}"
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "numpy.md").write_text(page(), encoding="utf-8")
