"""Formulas as text: what they compute, what is refused and where, and that hostile text runs nothing and hangs nowhere."""

from __future__ import annotations

import builtins
import inspect
import math
import pickle
import re
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import TOLERANCE, assert_close

import admodes as ad
from admodes.errors import FormulaError, InputError
from admodes.expressions.vocabulary import CONSTANTS, FUNCTIONS

MODES = ("finite", "symbolic", "forward", "reverse", "complex")
LECTURE = "log(x1) + x1*x2 - sin(x2)"

# What a formula computes, by Python's own arithmetic at x = 0.7, y = 1.3.
VALUES = {
    "x + y*2": 0.7 + 1.3 * 2,
    "-x**2": -(0.7**2),
    "2**-x": 2**-0.7,
    "x**y**2": 0.7 ** (1.3**2),
    "x - y - 1": 0.7 - 1.3 - 1,
    "x/y/2": 0.7 / 1.3 / 2,
    "+x--y": 0.7 + 1.3,
    " ( x )\t*\n1_000 ": 700.0,
    ".5*x + 1.5e-3 + 0x10": 0.35 + 0.0015 + 16,
    "e**x + pi*y + π": math.e**0.7 + math.pi * 2.3,
    "sigmoid(x) + tanh(y)": 1 / (1 + math.exp(-0.7)) + math.tanh(1.3),
    "relu(-x) + relu(y)": 1.3,
    "softplus(x)": math.log(1 + math.exp(0.7)),
    "max(x, y, 1) - min(x, y, 1)": 1.3 - 0.7,
    "where(x > y, x, y**2)": 1.3**2,
    "where(x <= 0.7, 1, 0) + where(y != 1, x, 0)": 1.7,
    "hypot(x, y) + atan2(x, y)": math.hypot(0.7, 1.3) + math.atan2(0.7, 1.3),
    "ln(x) - log(x) + asin(x) - arcsin(x)": 0.0,
    "abs(-x) + sqrt(4) + cbrt(8)": 4.7,
    "9**9 + 0*x": 9.0**9,
}


@pytest.mark.parametrize("text", VALUES)
def test_values(text):
    """Breaks if precedence, a function, a constant or a number is not what mathematics says."""
    np.testing.assert_allclose(ad.formula(text, ["x", "y"])(0.7, 1.3), VALUES[text], rtol=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_differentiated_like_numpy(name):
    """Breaks if a function of the list is none that every exact mode agrees on."""
    count = FUNCTIONS[name].arguments[0]
    text = {"where": "where(x > y, x, y*x)"}.get(name, f"{name}({', '.join(['x', 'y', 'x*y'][:count])})")
    f = ad.formula(text, ["x", "y"])
    x, y = (1.4, 1.1) if "cosh" in name else (0.6, 0.4)
    wanted = ad.gradient(f, x, "finite", args=(y,), argnums=(0, 1))
    for method in ("forward", "reverse", "symbolic"):
        got = ad.gradient(f, x, method, args=(y,), argnums=(0, 1))
        assert_close(np.array(got), np.array(wanted), 1e-6, f"{text} by {method}")


@pytest.mark.parametrize("method", MODES)
def test_the_lectures_formula(method):
    """Breaks if a mode cannot differentiate a formula."""
    value, partials = ad.value_and_gradient(ad.formula(LECTURE), 2.0, method, args=(5.0,), argnums=(0, 1))
    assert_close(value, 11.652071455223084, 1e-14, "value")
    assert_close(np.array(partials), [5.5, 1.7163378145367738], TOLERANCE[method])


def test_steps_are_numbered_as_on_paper():
    """Breaks if v2 to v6 are not log, product, sine, sum, difference, as the lecture's table has them."""
    f = ad.formula(LECTURE)
    assert [function.__name__ for function, _ in f._steps] == ["log", "mul", "sin", "add", "sub"]
    assert [operands for _, operands in f._steps] == [(0,), (0, 1), (1,), (2, 3), (5, 4)]


def test_a_formula_is_a_function_of_its_names():
    """Breaks if arguments are taken in another order than they come, or the wrong number of them is let through."""
    f = ad.formula("b - a*c")
    assert f.names == ("b", "a", "c")
    assert list(inspect.signature(f).parameters) == ["b", "a", "c"]
    assert f(1, 2, 3) == f(c=3, a=2, b=1) == -5.0
    assert ad.formula("b - a*c", ["a", "b", "c"])(1, 2, 3) == -1.0
    with pytest.raises(InputError, match=r"takes b, a and c, one value each"):
        f(1, 2)
    with pytest.raises(InputError, match="unexpected keyword"):
        f(1, 2, 3, d=4)
    assert pickle.loads(pickle.dumps(f)) == f
    assert f != ad.formula("b - a")


def test_arguments_are_real_numbers():
    """Breaks if integers overflow or hang, a power of a negative number turns complex, or a division raises Python's error."""
    power = ad.formula("x**y")
    with np.errstate(all="ignore"):
        assert power(9, 10**9) == np.inf
        assert np.isnan(power(-8.0, 1 / 3))
        assert ad.formula("x/y")(1, 0) == np.inf
    assert power(2, -1) == 0.5
    assert power(np.array([2, 3]), [-1, 2]).tolist() == [0.5, 9.0]
    assert power(np.float32(2), np.float32(3)).dtype == np.float32
    assert ad.formula("sum(x*y) + dot(x, y)")([1, 2], [3, 4]) == 22.0


def test_whole_numbers_stay_whole():
    """Breaks if x**2 becomes a power of floats, which the symbolic mode would show as x**2.0."""
    for text in ("x**2", "x**(1 + 1)", "x**(6/3)"):
        (exponent,) = ad.formula(text)._numbers
        assert type(exponent) is int
        assert exponent == 2


# A formula, the column of the caret (from 1), and words of the message.
REFUSED = [
    ("", 0, "empty"),
    ("  \n", 0, "empty"),
    ("x^2", 2, r"Write \*\* for powers"),
    ("x×y", 2, r"Write \*\."),
    ("x·y", 2, r"middle dot.*Write \*"),
    ("x\u0387y", 2, "greek ano teleia"),
    ("x\u0662", 2, "arabic-indic digit two"),
    ("x\u0674", 2, "arabic letter high hamza"),
    ("x + \u05d0", 5, "hebrew letter alef"),
    ("x\u203fy", 2, "undertie"),
    ("x<<1", 1, r"shift bits.*Write \* 2\*\*n"),
    ("x + (x>>1)", 6, "shift bits"),
    ("x²", 2, r"superscript two.*Write \*\*2"),
    ("x − y", 3, "minus sign"),
    ("y = x", 3, "right-hand side"),
    ("exp(x=1)", 6, "right-hand side"),
    ("x[0]", 2, "a variable for each element"),
    ("x!", 2, "factorial"),
    ("'x'", 1, "no sign of formulas"),
    ('f"{x}"', 2, "no sign of formulas"),
    ("x # y", 3, "no sign of formulas"),
    ("x := 1", 3, "no sign of formulas"),
    ("(x; y)", 3, "no sign of formulas"),
    ("x\\y", 2, "no sign of formulas"),
    ("x@y", 2, r"dot\(x, y\)"),
    ("x\0", 2, r"U\+0000"),
    ("x\ud800", 2, r"U\+D800"),
    ("x\u202ey", 2, r"U\+202E"),
    ("ｅｘｅｃ(x)", 1, "Write 'e'"),
    ("x + 𝐱", 5, "Write 'x'"),
    ("__import__(x)", 1, "begins with a letter"),
    ("x if y else z", 3, r"where\(x > 0, a, b\)"),
    ("x and y", 3, "where"),
    ("lambda*2", 1, "another name"),
    ("x + None", 5, "another name"),
    ("2x", 1, r"2\*x"),
    ("x y", 3, "missing or too much"),
    ("x +", 3, "missing or too much"),
    ("*x", 1, "missing or too much"),
    ("exp(*x)", 1, "Only functions are called"),
    ("2(x)", 1, "Only functions are called"),
    ("(exp)(x)(x)", 1, "Only functions are called"),
    ("x(y)", 1, r"no function `x`.*There are abs, sqrt"),
    ("e(y)", 1, r"Write e\*\(\.\.\.\)"),
    ("1 + expp(x)", 5, "Did you mean exp, exp2 or expm1"),
    ("exec(x)", 1, "no function `exec`"),
    ("sin*x", 1, r"`sin` is a function"),
    ("max(x)", 1, "2 arguments or more, not 1"),
    ("sin(x, y)", 1, "1 argument, not 2"),
    ("sin()", 1, "1 argument, not 0"),
    ("np.exp(x)", 1, "Only functions are called"),
    ("x.real", 1, "no dots"),
    ("x//2", 1, "no derivative"),
    ("x, y", 1, "one value"),
    ("(x > 0)*x", 1, "only first in where"),
    ("x > 0", 1, "no derivative"),
    ("0 < x < 1", 1, "two numbers at a time"),
    ("where(x, 1, 2)", 1, "comparison first"),
    ("where(x > 0, x > 1, 2)", 1, "only first in where"),
    ("2j*x", 1, "imaginary"),
    ("x + ...", 5, "Ellipsis"),
    ("x + 1e999", 5, "larger than"),
    ("x + " + "9" * 400, 5, "larger than"),
    ("x + 1/0", 5, "it is inf"),
    ("x + (-8)**(1/3)", 5, "it is nan"),
    ("x + 9**9**9", 5, "1,000 is the most"),
    ("(((2*x)**1000)**1000)", 2, "1,000 is the most"),
    ("x)", 2, "closes none"),
    ("x*(y", 3, "not closed"),
    ("(" * 51 + "x" + ")" * 51, 51, "50 deep"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED, ids=lambda value: ascii(value)[:30])
def test_refusals_point_at_the_column(text, column, words):
    """Breaks if what is no formula is read, or the caret stands elsewhere."""
    with pytest.raises(FormulaError, match=f"(?s){words}") as caught:
        ad.formula(text)
    lines = str(caught.value).splitlines()
    if column:
        assert lines[-1].endswith(f"^ column {column}")
        assert not any("\x00" in line or "\u202e" in line for line in lines)


def test_the_caret_stands_under_the_place_in_a_long_formula():
    """Breaks if a message shows a thousand characters, or the caret is off where it shows a part."""
    text = "x + " * 100 + "y^2" + " + x" * 100
    with pytest.raises(FormulaError) as caught:
        ad.formula(text)
    shown, caret = str(caught.value).splitlines()[-2:]
    assert shown[caret.index("^")] == "^"
    assert max(map(len, (shown, caret))) < 140


@pytest.mark.parametrize("value", [None, "2", b"2", 1j, {}, [1, "a"], [1, [2]], 10**400], ids=lambda value: repr(value)[:9])
def test_what_is_no_real_number_is_refused(value):
    """Breaks if a formula answers with a complex number, or an error that does not name the variable."""
    with pytest.raises(InputError, match=r"y of formula\('x\*y'\) must be a real number or an array of them, not "):
        ad.formula("x*y")(2.0, value)


def test_unknown_variables_list_the_near_ones():
    """Breaks if a typing error in a name gives a variable of its own where the variables are known."""
    with pytest.raises(FormulaError, match=r"no variable `x3`. The variables are x1 and x2. Did you mean x2 or x1"):
        ad.formula("x1*x2 + x3", ["x1", "x2"])
    with pytest.raises(FormulaError, match=r"no variable `х` \(U\+0445\). The variable is x"):
        ad.formula("х + 1", ["x"])


@pytest.mark.parametrize(
    ("names", "words"),
    [(["sin"], "function of formulas"), (["pi"], "constant"), (["x", "x"], "twice"), (["2"], "no name"), (["x + y"], "no name")],
)
def test_names_are_variables(names, words):
    """Breaks if something that is no variable becomes an argument."""
    with pytest.raises(FormulaError, match=words):
        ad.formula("1", names)


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"]])
def test_only_text_is_a_formula(text):
    """Breaks if something else than text is parsed."""
    with pytest.raises(FormulaError, match="A formula is text"):
        ad.formula(text)


def test_length_is_bounded():
    """Breaks if text of any length reaches the parser."""
    with pytest.raises(FormulaError, match="1,200 characters, more than 1,000"):
        ad.formula("x" * 1_200)
    start = time.perf_counter()
    with pytest.raises(FormulaError):
        ad.formula("x+" * 50_000_000)
    assert time.perf_counter() - start < 5.0


@pytest.mark.parametrize("text", ["-" * 999 + "x", "x**" * 333 + "x", "x+" * 499 + "x", "sin(" * 50 + "x" + ")" * 50])
def test_deep_formulas_are_read_or_refused(text):
    """Breaks if a formula that Python nests deeply ends in an error of Python's, at a deep stack too."""

    def deep(levels):
        if levels:
            return deep(levels - 1)
        try:
            return ad.formula(text)
        except FormulaError:
            return None

    assert deep(0) is not None
    deep(max(0, sys.getrecursionlimit() - len(inspect.stack()) - 60))


TOKENS = [
    *FUNCTIONS,
    *CONSTANTS,
    *(
        "x",
        "y",
        "x1",
        "_",
        "__class__",
        "__import__",
        "exec",
        "eval",
        "open",
        "lambda",
        "if",
        "else",
        "for",
        "in",
        "not",
        "and",
        "or",
        "import",
        "yield",
        "await",
        "True",
        "None",
    ),
    *("0", "1", "2", "9", "1e308", "1e-308", "9999999999", "0x1f", "1_0", "2j", "1.", ".5", "..."),
    *(
        "+",
        "-",
        "*",
        "/",
        "**",
        "//",
        "%",
        "@",
        "&",
        "|",
        "^",
        "~",
        "<<",
        ">>",
        "<",
        ">",
        "<=",
        ">=",
        "==",
        "!=",
        "=",
        ":=",
        ".",
        ",",
        ";",
        ":",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "(",
        ")",
    ),
    *["'", '"', "\\", "#", "\n", "\t", "\0", " ", "ｘ", "＿＿", "é", "e\u0301", "ª", "\u202e", "\ud800", "٣", "²", "f'{x}'"],
]
tokens = st.lists(st.sampled_from(TOKENS), max_size=30).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda gap: gap.join(parts))
)
pumped = st.builds(
    lambda part, count, end: part * count + end, st.sampled_from(TOKENS), st.integers(0, 5000), st.sampled_from(["", "x"])
)
attacks = st.sampled_from(
    [
        "__import__('os').system('id')",
        "().__class__.__bases__[0].__subclasses__()",
        "exec(x)",
        "eval(x)",
        "open(x)",
        "[x for x in (1,)]",
        "(lambda: 0)()",
        "x.__class__",
        "𝒆𝒗𝒂𝒍(x)",
        "ｅｘｅｃ(x)",
        "9**9**9**9",
        "(9**999)**999",
        "x**" * 300 + "9",
        "f'{9**9**9}'",
        "breakpoint()",
        "exit()",
        "print(x)",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(tokens, pumped, attacks, st.text(max_size=60), st.text(alphabet="x()+-*/.,9 e<=>", max_size=200)))
@example("x" * 1000)
@example("(" * 50 + "1 1" + ")" * 50)
@example("1" + "if x else 1" * 50)
def test_hostile_text(text):
    """Breaks if any text runs something, hangs, warns, or ends in another error than ours."""
    called = []
    audited = {"exec", "open", "os.system", "subprocess.Popen", "code.__new__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hook.listen, hook.audited = called, audited
        start = time.process_time()
        try:
            f = ad.formula(text)
        except FormulaError as error:
            f = None
            assert len(str(error)) > 30
        finally:
            hook.listen = None
    assert called == []
    assert time.process_time() - start < 2.0
    if f is not None:
        assert len(f._steps) <= 1_000
        with np.errstate(all="ignore"):
            assert np.ndim(f(*[0.5] * len(f.names))) == 0


def hook(event, arguments):
    """What Python does behind a formula's back; there is no way to take an audit hook away, so it sleeps between tests."""
    if getattr(hook, "listen", None) is not None and event in hook.audited:
        hook.listen.append((event, arguments))


sys.addaudithook(hook)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_formulas_are_pythons_arithmetic(data):
    """Breaks if a formula that Python reads as well has another value here."""

    def expression(depth):
        kind = data.draw(st.integers(0, 6 if depth else 1))
        if kind == 0:
            return data.draw(st.sampled_from(["x", "y"]))
        if kind == 1:
            return data.draw(st.sampled_from(["2", "0.5", "3", "1e-2"]))
        if kind == 2:
            return f"-{expression(depth - 1)}"
        if kind == 3:
            return f"({expression(depth - 1)})"
        if kind == 4:
            return f"{data.draw(st.sampled_from(['sin', 'tanh', 'arctan']))}({expression(depth - 1)})"
        return f"{expression(depth - 1)} {data.draw(st.sampled_from('+-*/'))} {expression(depth - 1)}"

    text = expression(4)
    x, y = np.float64(0.3), np.float64(-1.7)
    with np.errstate(all="ignore"):
        try:
            wanted = eval(text, {"sin": np.sin, "tanh": np.tanh, "arctan": np.arctan, "x": x, "y": y})
        except ZeroDivisionError:
            wanted = np.inf
        try:
            got = ad.formula(text, ["x", "y"])(x, y)
        except FormulaError as error:
            assert "no finite value" in str(error)
            return
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)


def test_planted_builtins_are_not_reached(monkeypatch):
    """Breaks if a name of a formula is ever looked up among Python's builtins."""
    monkeypatch.setattr(builtins, "abs", lambda x: pytest.fail("a builtin was called"))
    monkeypatch.setattr(builtins, "planted", lambda x: pytest.fail("a builtin was called"), raising=False)
    assert ad.formula("abs(x)")(-2.0) == 2.0
    with pytest.raises(FormulaError, match="no function `planted`"):
        ad.formula("planted(x)")


def test_the_page_names_every_function():
    """Breaks if the page about formulas leaves a function out, or names one that there is not."""
    page = (Path(__file__).parents[1] / "docs" / "examples.md").read_text(encoding="utf-8")
    listed = re.search(r"`(abs [^`]*)`", page)
    assert listed is not None
    synonyms = {"arcsin", "arccos", "arctan"}
    assert set(listed[1].split()) | synonyms == set(FUNCTIONS)
