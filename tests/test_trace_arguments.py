"""What `ad.trace` and its tables are told: names of inputs, digits, lines."""

from __future__ import annotations

import numpy as np
import pytest

import admodes as ad
from admodes.errors import OptionError


def product(*xs):
    return xs[0] * xs[1]


def scaled(a, *rest):
    return a * rest[0]["b"] * rest[1]


def names_of(trace):
    return [trace.nodes[place].formula for place in trace.inputs]


def test_inputs_are_called_as_f_calls_them():
    """Breaks if inputs of a function of any number of arguments have names that stand nowhere in it."""
    assert names_of(ad.trace(product, 2.0, args=(3.0,), argnums=(0, 1))) == ["xs[0]", "xs[1]"]
    assert names_of(ad.trace(scaled, 2.0, args=({"b": 3.0}, 4.0), argnums=(2, 1))) == ["rest[1]", "rest[0]['b']"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a"], r"each of the 2 inputs of product: xs\[0\], xs\[1\]\."),
        (["a", "b", "c"], "each of the 2 inputs"),
        (["a", ""], "each of the 2 inputs"),
        (["a", 2], "each of the 2 inputs"),
        (["a", "a"], "calls several inputs the same"),
    ],
)
def test_names_that_tell_no_inputs_apart_are_refused(names, message):
    with pytest.raises(OptionError, match=message):
        ad.trace(product, 2.0, args=(3.0,), argnums=(0, 1), names=names)


@pytest.mark.parametrize("write", ["text", "to_html", "to_markdown", "to_latex"])
def test_digits_and_lines_are_whole_numbers(write):
    """Breaks if a table is cut to no lines, or an error of Python's formatting gets through."""
    tables = getattr(ad.trace(np.sin, 1.0), write)
    for digits in (-1, 2.5, "a", None, 18, 10**9):
        with pytest.raises(OptionError, match="digits must be an integer from 0 to 17"):
            tables(digits=digits)
    for lines in (0, -5, 2.5, "a"):
        with pytest.raises(OptionError, match="lines must be an integer of at least 1, or None for all"):
            tables(lines=lines)
    assert "0.84147" in tables(digits=5, lines=None)
    assert tables(lines=np.int64(7)) == tables()
