"""Methods against each other: one verdict for all, what was left out and why, and how it reads."""

import time

import numpy as np
import pytest

import admodes as ad
from admodes.checking import progress as bars

X = np.array([1.0, 2.0])
ALL = ("finite", "symbolic", "forward", "reverse")


def f(x):
    return np.sum(np.sin(x))


@ad.primitive
def torn(x):
    return np.sin(x)


@torn.def_jvp
def torn_jvp(tangents, out, x):
    return tangents[0] * np.cos(x)


@torn.def_vjp
def torn_vjp(g, out, x):
    return (2 * g * np.cos(x),)


class Choice(ad.Differentiator):
    """A subgradient of its own."""

    name = "choice"

    def __init__(self, slope):
        self.slope = slope

    def jvp(self, function, tangents):
        return function.plain(function.inputs), [self.slope * tangents[0]]


def shown(found):
    return [str(found), repr(found), found._repr_html_()]


@pytest.mark.parametrize("x", [0.0, np.array([0.0, 1.0])])
def test_a_kink_is_no_width_of_a_bound(x):
    """The distance of two one-sided slopes, said to be a difference that would not have shown."""
    found = ad.cross_check(np.abs, x)
    assert found
    assert found.sensitivity < 1e-9
    assert "f has a kink in " in found.reason
    assert all("1.0e+00" not in text for text in shown(found))


def test_different_slopes_at_a_kink_do_not_agree():
    """Subgradients that are each right, taken for the same."""
    found = ad.cross_check(np.abs, 0.0, ["reverse", Choice(0.5)])
    assert found.verdict == "inconclusive"
    assert "give different numbers between its slopes" in found.reason
    assert not ad.cross_check(np.abs, 0.0, ["reverse", Choice(1.5)])


@pytest.mark.parametrize(
    ("function", "x", "reason"),
    [
        (lambda x: np.sum(np.log(x)), -X, "f(x) is not finite"),
        (f, np.array([np.nan, 1.0]), "x is not finite"),
        (np.floor, 2.0, "f jumps at x"),
        (np.sqrt, 0.0, "grow without limit"),
        (np.sum, np.zeros(0), "nothing was checked: x has no elements"),
        (lambda x: x[:0], X, "nothing was checked: <lambda>(x) has no elements"),
        (lambda x: np.sum(x) + np.random.default_rng().random(), X, "random noise"),
        (lambda x: float(x[0]) * x[1], X, "fewer than two methods"),
    ],
)
def test_what_nobody_can_judge(function, x, reason):
    """Right, or wrong, where nothing is known; widths of bounds that mean nothing."""
    found = ad.cross_check(function, x)
    assert found.verdict == "inconclusive"
    assert reason in found.reason
    assert "would have shown" not in str(found)
    assert all(shown(found))


def test_contradictions():
    """A rule that is wrong in one mode, and slopes of f that are judged by it."""
    found = ad.cross_check(lambda x: np.sum(torn(x)), X)
    assert found.verdict == "wrong"
    assert found.reason == "reverse contradicts the slopes of <lambda>"
    assert (found.methods["finite"], found.methods["forward"], found.methods["reverse"]) == ("right", "right", "wrong")
    assert "2 times the derivative" in str(found)
    assert found.differences["forward", "reverse"] == pytest.approx(0.5)


def test_exact_methods_contradict_each_other_where_slopes_tell_nothing():
    """A jump of f that hides a factor of two between two exact methods."""
    found = ad.cross_check(lambda x: np.sum(torn(x[:1])) + 10 * np.floor(x[0]), X, ["forward", "reverse"])
    assert found.verdict == "wrong"
    assert found.reason.startswith("forward and reverse contradict each other in x[0]")


@pytest.mark.parametrize("methods", [["reverse", "magic"], ["finite", "revers"]])
def test_unknown_methods(methods):
    """A name that is misspelt, reported as a method that refused."""
    with pytest.raises(ad.errors.UnknownMethodError, match="The methods are"):
        ad.cross_check(f, X, methods)


@pytest.mark.parametrize("methods", [None, 3, "reverse", ["reverse"], ["reverse", "reverse"]])
def test_nothing_to_compare(methods):
    """One method that agrees with itself."""
    with pytest.raises(ad.errors.OptionError, match="two or more"):
        ad.cross_check(f, X, methods)


@pytest.mark.parametrize("seconds", [0, -1, "a", None, True, float("nan")])
def test_no_time(seconds):
    """A limit that compares false with everything."""
    with pytest.raises(ad.errors.OptionError, match="give a positive number"):
        ad.cross_check(f, X, seconds=seconds)


@pytest.mark.parametrize(("function", "args", "error"), [(3, (), "not a function"), (f, 2.0, "args must be a tuple")])
def test_what_is_no_function(function, args, error):
    """A raw error from inside."""
    with pytest.raises(ad.errors.InputError, match=error):
        ad.cross_check(function, X, args=args)


def test_all_methods_share_one_limit():
    """Four limits instead of one, and a method that is started although its calls alone take longer."""
    calls = []

    def slow(x):
        calls.append(1)
        time.sleep(0.002)
        return np.sum(np.sin(x))

    found = ad.cross_check(slow, np.linspace(0.1, 2, 2410), ["finite", "reverse", "complex"], seconds=4)
    assert found
    assert found.methods["complex"].startswith("left out: it would take about")
    assert "seconds=4" in str(found)
    assert "finite and reverse agree" in found.reason
    assert len(calls) < 1000


def test_a_method_that_takes_longer_is_stopped():
    """Minutes, before anybody hears of it: and what easy methods found, lost."""

    class Slow(ad.Differentiator):
        name = "slow"

        def jvp(self, function, tangents):
            while True:
                time.sleep(0.001)

    found = ad.cross_check(f, X, ["finite", Slow(), "reverse"], seconds=0.5)
    assert found
    (text,) = [text for name, text in found.methods.items() if name not in ("finite", "reverse")]
    assert text.startswith("stopped: its derivative took longer than the ")


def test_no_method_in_time():
    """A judge that is right although there was nobody to judge."""
    found = ad.cross_check(f, X, ["finite", "complex"], seconds=1e-9)
    assert found.verdict == "inconclusive"
    assert found.methods["finite"].startswith("not needed: ")
    assert "fewer than two methods" in found.reason


def test_slopes_are_measured_once():
    """The quotients of f taken again for each method."""
    calls = []

    def counted(x):
        calls.append(1)
        return np.sum(np.sin(x))

    x = np.linspace(0.5, 2, 40)
    ad.cross_check(counted, x, ["finite", "forward"])
    two = len(calls)
    calls.clear()
    ad.cross_check(counted, x, ["finite", "forward", "reverse", "auto"])
    assert len(calls) < two + 200


def test_each_method_has_its_check():
    """A verdict without its numbers."""
    found = ad.cross_check(f, X, ["finite", "forward"])
    assert found.checks["forward"].components[0].claimed == pytest.approx(np.cos(1.0), rel=1e-15)
    assert repr(found).startswith("<CrossCheck: right, finite and forward agree")
    assert "<table>" in found._repr_html_()


def test_large_inputs_are_compared_along_directions():
    """One slope for each of thousands of elements, or a wrong element that no direction tells."""
    x = np.linspace(0.1, 2, 400)
    mask = np.where(np.arange(400) == 77, 1.5, 1.0)

    @ad.primitive
    def bent(x):
        return np.sin(x)

    bent.def_vjp(lambda g, out, x: (g * np.cos(x) * mask,))
    assert ad.cross_check(lambda x: np.sum(np.sin(x)), x, ["finite", "reverse"])
    found = ad.cross_check(lambda x: np.sum(bent(x)), x, ["finite", "reverse"])
    assert found.verdict == "wrong"
    assert "x[77]" in str(found)


def test_a_callable_object_keeps_its_name():
    """Every model with a method __call__ named after our wrapper."""

    class Model:
        def __call__(self, x):
            return np.sum(x**2)

    assert str(ad.check_gradient(Model(), lambda x: 2 * x, X)).startswith("gradient of Model: RIGHT")


def test_bars_are_those_of_sweeps():
    """Two classes of bars."""
    from admodes.sweeps import progress

    assert progress.bar_class is bars.bar_class
