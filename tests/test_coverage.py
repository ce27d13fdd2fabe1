"""Every function that NumPy lets others override is in exactly one class, and the page says which."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import admodes as ad
from admodes.coverage import CLASSES, classes_of, classify, name_of, overridable
from admodes.errors import MissingRuleError
from admodes.protocols import missing_rule

FUNCTIONS = sorted(overridable(), key=lambda function: (name_of(function), id(type(function))))
PAGE = (Path(__file__).parent.parent / "docs" / "numpy.md").read_text(encoding="utf-8")


def test_every_function_is_in_exactly_one_class() -> None:
    """Breaks if a function of NumPy is forgotten, or two rules claim it."""
    unclear = {name_of(function): classes_of(function) for function in FUNCTIONS if len(classes_of(function)) != 1}
    assert not unclear
    assert len(FUNCTIONS) > 400


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if classify(f) == "refused"], ids=name_of)
def test_what_is_refused_says_why(function: Any) -> None:
    """Breaks if a function without a derivative is refused as if a rule were only missing."""
    with pytest.raises(MissingRuleError, match=r"has no derivative: .{10}"):
        missing_rule(function)


def test_a_function_without_any_class_says_how_to_add_a_rule() -> None:
    """Breaks if a function of tomorrow's NumPy is refused without the line that would add it."""

    def tomorrow(x: Any) -> None:
        """Not of today."""

    assert classify(tomorrow) == "unknown"
    with pytest.raises(MissingRuleError, match=r"admodes\.rules\.elementwise\("):
        missing_rule(tomorrow)


def test_the_page_has_every_function_in_its_class() -> None:
    """Breaks if docs/numpy.md is older than the registry: run `python tests/numpy_page.py`."""
    if f"NumPy {np.__version__}," not in PAGE:
        pytest.skip("the page was written with another version of NumPy")
    sections = dict(re.findall(r"^## (\w+) \(\d+\)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
    assert set(sections) == {name.capitalize() for name in CLASSES}
    for function in FUNCTIONS:
        assert f"`{name_of(function)}`" in sections[classify(function).capitalize()], name_of(function)


def test_what_the_page_calls_differentiable_is(capsys: Any) -> None:
    """Breaks if a class says what a call denies: each of these has a derivative, and a page's row."""
    x = np.array([0.4, 0.9, 1.3])
    for function in (np.cumprod, np.median, np.fft.ihfft, np.linalg.svdvals):
        shaped = np.diag(x) if "linalg" in function.__module__ else x
        assert np.all(np.isfinite(ad.jacobian(lambda x, f=function: np.abs(f(x)), shaped, method="reverse")))
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name_of(function)}` |"))
        assert row.split("|")[3].strip() == "yes"
