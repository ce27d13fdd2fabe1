"""What a report says in words and tables: each sentence has to be true of the check that it belongs to."""

import html

import numpy as np
import pytest

import admodes as ad

X = np.array([1.0, 2.0, 3.0])


def f(x):
    return np.sum(np.sin(x) * x**2)


def gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def test_slopes_at_a_kink_are_told_without_their_bound():
    """The ends of the interval, -7e-10 and 1.000000001, given for the slopes 0 and 1."""
    check = ad.check_gradient(lambda x: np.sum(np.maximum(x, 0)), lambda x: np.where(x == 0, 2.0, x > 0), np.array([0.0, 1.0]))
    assert "x[0] is claimed to be 2, f's slopes at its kink are 0 on the left and 1 on the right (± " in check.reason
    entry = check.components[0]
    assert (entry.left, entry.right) == pytest.approx((0, 1), abs=1e-9)
    row = next(line for line in str(check).splitlines() if line.startswith("x[0]  "))
    assert row.split()[1:5] == ["2", "0", "|", "1"]
    assert "a | b: slopes on the left and on the right of a kink" in str(check)


def test_calls_are_counted_in_english():
    """f was called 1 times."""
    assert str(ad.check_gradient(f, lambda x: None, X)).endswith("f was called 1 time, the derivative 2 times.")


def test_what_is_empty_is_named():
    """x, which has three elements, said to have none."""
    assert "(x) has no elements" in ad.check_gradient(lambda x: x[:0], lambda x: np.zeros((0, 3)), X).reason
    assert ": x has no elements" in ad.check_gradient(np.sum, lambda x: x, np.zeros(0)).reason


@pytest.mark.parametrize(
    ("function", "claim", "kind", "what"),
    [
        (lambda x: 7.0 + 0 * np.sum(x), np.zeros_like, "gradient", "slope"),
        (np.sum, lambda x: np.zeros((3, 3)), "hessian", "second derivative"),
    ],
)
def test_a_slope_of_zero_has_no_relative_error(function, claim, kind, what):
    """An error above 0 of a slope would have shown: of a slope that is 0."""
    check = ad.check_gradient(function, claim, X, kind=kind)
    assert check.verdict == "right"
    assert np.isnan(check.sensitivity)
    assert f"f has a {what} of 0 there" in check.reason
    assert "would have shown" not in check.reason


def test_rtol_is_part_of_what_would_have_shown():
    """An error of 1e-4 in a claim that is right, where one above 1e-11 would have shown."""
    check = ad.check_gradient(f, lambda x: gradient(x) * 1.0001, X, rtol=1e-3)
    assert check.verdict == "right"
    assert check.sensitivity >= 1e-3
    assert "an error above 1.0e-03 of a slope would have shown" in check.reason


def test_second_derivatives_are_no_slopes():
    """f's slope is 2, said of an entry of a Hessian."""
    check = ad.check_gradient(lambda x: np.sum(x**2), lambda x: 2.2 * np.eye(3), X, kind="hessian")
    assert "f's second derivative is 2 ±" in check.reason
    assert "slope" not in check.reason


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_a_claimed_hessian_of_many_elements(factor):
    """A crash: the noise of a matrix has as many rows as x, but its product with a direction is one number."""
    x = np.linspace(0.5, 1, 40)
    claim = lambda x: np.diag(12 * x**2 * np.where(np.arange(40) == 7, factor, 1))  # noqa: E731
    check = ad.check_gradient(lambda x: np.sum(x**4), claim, x, kind="hessian")
    assert check.verdict == ("right" if factor == 1 else "wrong")
    assert factor == 1 or check.worst[0].index == "x[7], x[7]"
    assert check.plot()


def test_what_is_not_known_is_no_number():
    """nan, ± and 0 digits where f is undefined."""
    lines = str(ad.check_gradient(lambda x: np.log(x[0]), lambda x: 1 / x, np.array([-1.0]))).splitlines()
    row = next(line for line in lines if line.startswith("x[0]  "))
    assert row.split() == ["x[0]", "-1", "-", "-", "-", "inconclusive"]


def test_the_page_says_what_the_text_says():
    """Notes run together, a count of the hidden rows that is missing, numbers that are broken between their digits."""
    check = ad.check_gradient(lambda x: np.sum(x**2), lambda x: (2.2 * x).astype(np.float32), np.arange(1.0, 9.0))
    page, text = check._repr_html_(), str(check)
    assert ".," not in page
    assert "(2 more, none of them worse)" in page
    notes = [line.removeprefix("Note: ") for line in text.splitlines() if line.startswith("Note: ")]
    assert notes
    for note in [*notes, text.splitlines()[-1]]:
        assert f"{html.escape(note)}<br>" in page or f"{html.escape(note)}</small>" in page
    assert "white-space:nowrap" in page
