"""The figure of a check: what it shows of each kind of verdict, and that nothing in it is cut, empty or covered."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import admodes as ad

X = np.array([1.0, 2.0, 3.0])


@pytest.fixture(autouse=True)
def no_figures_left():
    """Breaks if figures are kept open: pyplot warns at the twentieth."""
    yield
    plt.close("all")


def f(x):
    return np.sum(np.sin(x) * x**2)


def gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def wrong(x):
    return gradient(x) * np.array([1.0, 1.01, 1.0])


def relu(x):
    return np.sum(np.maximum(x, 0))


def quartic(x):
    return np.sum(x**4) + x[0] * x[1] * x[2]


def hessian(x):
    found = np.diag(12 * x**2)
    found[[0, 1], [1, 0]], found[[0, 2], [2, 0]], found[[1, 2], [2, 1]] = x[2], x[1], x[0]
    return found


def noisy(scale):
    rng = np.random.default_rng(0)
    return lambda x: np.sum(x**2) + scale * rng.standard_normal()


def labels(axes):
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def line(axes, label):
    return next(one for one in axes.lines if one.get_label() == label)


def words(axes):
    return " ".join(" ".join(text.get_text().split()) for text in axes.texts)


def title(axes):
    return " ".join(axes.get_title(loc="left").split())


LONG = {"encoder_layer_17_attention": {"query_projection_weights": np.ones((2, 2))}}
CASES = {
    "right": (f, gradient, X, {}),
    "wrong": (f, wrong, X, {}),
    "of a number": (np.sin, np.cos, 0.7, {}),
    "linear": (np.sum, np.ones_like, X, {}),
    "constant": (lambda x: 7.0 + 0 * np.sum(x), np.zeros_like, X, {}),
    "kink": (relu, lambda x: (x > 0) * 1.0, np.array([0.0, 1.0]), {}),
    "wrong kink": (np.abs, lambda x: np.where(x == 0, 1e6, np.sign(x)), 0.0, {}),
    "nan": (f, lambda x: np.where(x == 2, np.nan, gradient(x)), X, {}),
    "kink and nan": (relu, lambda x: np.where(x == 0, np.nan, 1.0), np.array([0.0, 1.0]), {}),
    "infinite slope": (np.sqrt, lambda x: 0.5 / np.sqrt(x) if x else np.inf, 0.0, {}),
    "jump": (lambda x: np.sum(np.floor(x) + x), np.ones_like, np.array([1.0, 2.5]), {}),
    "edge": (lambda x: np.sum(x * np.sqrt(x)), lambda x: 1.5 * np.sqrt(x), np.array([0.0, 1.0]), {}),
    "overflow": (np.exp, np.exp, 709.5, {}),
    "hidden": (lambda x: 1e16 + np.sum(np.sin(x)), np.cos, X, {}),
    "random": (noisy(10.0), lambda x: 2 * x, np.array([1.0, 2.0]), {}),
    "hessian": (quartic, hessian, X, {"kind": "hessian"}),
    "hvp": (quartic, lambda x, v: hessian(x) @ v, X, {"kind": "hvp"}),
    "jacobian": (np.sin, lambda x: np.diag(np.sin(x)), X, {"kind": "jacobian"}),
    "rtol": (f, lambda x: gradient(x) * 1.0001, X, {"rtol": 1e-3}),
    "long names": (
        lambda x: np.sum(x["encoder_layer_17_attention"]["query_projection_weights"] ** 2),
        lambda x: {k: {j: 3 * w for j, w in v.items()} for k, v in x.items()},
        LONG,
        {},
    ),
    "large": (lambda x: np.sum(np.sin(x)), lambda x: np.cos(x) * 1.1, np.linspace(0.1, 1, 1000), {}),
    "large hvp": (lambda x: np.sum(x**4), lambda x, v: 12.1 * x**2 * v, np.linspace(0.5, 1, 400), {"kind": "hvp"}),
    "value": (f, lambda x: (2 * f(x), gradient(x)), X, {}),
    "shape": (f, lambda x: gradient(x)[:, None], X, {}),
    "none": (f, lambda x: None, X, {}),
    "undefined": (lambda x: np.log(x[0]), lambda x: 1 / x, np.array([-1.0]), {}),
    "empty": (np.sum, lambda x: np.zeros(0), np.zeros(0), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_figure_can_be_read(name, recwarn):
    """Axes without a curve, a legend over the data, texts that are cut, or a warning of matplotlib's."""
    function, claim, x, options = CASES[name]
    pair = ad.check_gradient(function, claim, x, **options).plot()
    figure = pair[0].get_figure()
    figure.canvas.draw()
    assert not [str(one.message) for one in recwarn if "dtype" not in str(one.message)]
    whole = figure.bbox
    for axes in dict.fromkeys(pair):
        shown = [one for one in axes.lines if np.isfinite(one.get_ydata()).any() and np.size(one.get_xdata()) > 0]
        assert shown or (axes.texts and not axes.axison)
        box, legend = axes.get_window_extent(), axes.get_legend()
        if legend is not None:
            assert labels(axes) == list(dict.fromkeys(labels(axes)))
            assert legend.get_window_extent().y0 >= box.y1 - 1
            assert legend.get_window_extent().x1 <= whole.x1 + 1
        titles = [axes._left_title, *axes.texts]
        for text in titles:
            extent = text.get_window_extent()
            assert not text.get_text() or (extent.x1 <= whole.x1 and extent.y1 <= whole.y1 + 1), text.get_text()
        if axes._left_title.get_text() and legend is not None:
            assert axes._left_title.get_window_extent().y0 >= legend.get_window_extent().y1 - 3
        assert not axes.axison or box.width > 0.7 * whole.width


def test_the_figure_shows_what_the_verdict_rests_on():
    """A figure without the claim's distance from the quotients, from the extrapolated slope, or without the bound."""
    above, below = ad.check_gradient(f, wrong, X).plot()
    assert labels(above) == ["within the bound", "quotients of f", "extrapolated slope", "f's rounding, noise"]
    assert title(above).startswith("x[1]: wrong claimed 1.9923284, f's slope 1.9726024 ± ")
    assert line(above, "extrapolated slope").get_ydata() == pytest.approx([0.01972602], rel=1e-6)
    assert above.get_figure().get_suptitle() == "gradient of f: wrong"
    assert labels(below)[0] == "order 0: slope 1.00"
    assert "it is no derivative" in title(below)


def test_a_right_slope_lies_within_the_band():
    """Quotients that never come as near to the claim as the bound says, and nothing that explains the verdict."""
    above, _ = ad.check_gradient(f, gradient, X).plot()
    band = above.patches[0].get_extents().transformed(above.transData.inverted())
    assert line(above, "extrapolated slope").get_ydata()[0] < band.y1


def test_the_figure_of_a_large_x_shows_a_direction():
    """No quotients where single elements were not looked at, or those of f less the claim beside the claim itself."""
    x = np.linspace(0.1, 1, 1000)
    doubled = np.where(np.arange(1000) == 77, 2.0, 1.0)
    above = ad.check_gradient(lambda x: np.sum(np.sin(x)), lambda x: np.cos(x) * doubled, x).plot()[0]
    assert title(above).startswith("random direction")
    assert "all 1,000 elements: wrong" in title(above)
    gaps = line(above, "quotients of f").get_ydata()
    assert np.median(gaps) == pytest.approx(gaps[-1], rel=1e-2)  # the error of the claim, at every small step
    right = ad.check_gradient(lambda x: np.sum(np.sin(x)), np.cos, x).plot()[0]
    assert ": right" in title(right)
    assert np.min(line(right, "quotients of f").get_ydata()) < 1e-6


@pytest.mark.parametrize(("claim", "where"), [(0.25, "between"), (1.0, "between"), (2.0, "outside of")])
def test_a_kink_shows_both_slopes_and_the_claim(claim, where):
    """One flat line at the distance of the middle slope from the claim, which says nothing of either side."""
    above, _ = ad.check_gradient(relu, lambda x: np.where(x == 0, claim, x > 0), np.zeros(1)).plot()
    left, right = (next(one for one in above.lines if one.get_label().startswith(side)) for side in ("left of x", "right of x"))
    assert left.get_ydata() == pytest.approx(0, abs=1e-9)
    assert right.get_ydata() == pytest.approx(1)
    assert "±" in left.get_label()
    assert line(above, f"claim: {claim:g}").get_ydata() == [claim, claim]
    assert above.get_yscale() == "linear"
    low, high = above.get_ylim()
    assert low < 0 < max(1, claim) < high
    assert f"the claim lies {where} its slopes" in title(above)
    assert "subgradients" in labels(above)


@pytest.mark.parametrize("entry", [(0, 0), (0, 2), (2, 0), (1, 2)])
def test_entries_of_a_hessian_beside_the_diagonal_are_drawn(entry):
    """An empty panel for an entry that is put together from three lines."""

    def claim(x):
        found = hessian(x)
        found[entry] += 0.5
        return found

    above, _ = ad.check_gradient(quartic, claim, X, kind="hessian").plot()
    gaps = line(above, "quotients of f").get_ydata()
    assert np.median(gaps) == pytest.approx(0.5, rel=1e-3)
    assert line(above, "extrapolated slope").get_ydata() == pytest.approx([0.5], rel=1e-6)
    assert "f's second derivative" in title(above)


def test_quotients_that_equal_the_claim_are_drawn():
    """An empty panel where the difference is 0, which has no logarithm."""
    above, _ = ad.check_gradient(np.sum, np.ones_like, X).plot()
    assert line(above, "no difference").get_xdata().size > 4


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (lambda x: gradient(x)[:, None], "returned shape (3, 1) where (3,) is right"),
        (lambda x: None, "the derivative returned None"),
        (lambda x: gradient(x) + 0j, "complex numbers"),
    ],
)
def test_what_could_not_be_read_is_said_in_words(claim, said):
    """Two empty panels with axes from 1 to 10."""
    above, below = ad.check_gradient(f, claim, X).plot()
    assert above is below
    assert not above.axison
    assert said in words(above)
    assert "wrong" in title(above)


@pytest.mark.parametrize(
    ("function", "claim", "x", "said"),
    [
        (np.sum, lambda x: np.zeros(0), np.zeros(0), "nothing was checked"),
        (lambda x: np.log(x[0]), lambda x: 1 / x, np.array([-1.0]), "f(x) is not finite"),
    ],
)
def test_what_was_not_judged_is_said_in_words(function, claim, x, said):
    """The same, where f is undefined or there is no x."""
    above, below = ad.check_gradient(function, claim, x).plot()
    assert above is below
    assert said in words(above)


def test_a_wrong_value_keeps_the_remainders():
    """Words alone, though the derivative itself could be drawn; or an empty panel above it."""
    above, below = ad.check_gradient(f, lambda x: (2 * f(x), gradient(x)), X).plot()
    assert "the value of the pair is" in words(above)
    assert "slope 2.00" in " ".join(labels(below))


def test_a_claim_of_nan_shows_the_slope_that_was_missed():
    """Nothing but a line of rounding: NaN has no distance."""
    above, _ = ad.check_gradient(f, lambda x: np.where(x == 2, np.nan, gradient(x)), X).plot()
    assert "the claim is nan" in title(above)
    assert any(label.startswith("f's slope: 1.9726") for label in labels(above))
    assert line(above, "right of x").get_ydata()[-1] == pytest.approx(gradient(X)[1], rel=1e-5)


def test_the_noise_of_means_is_drawn():
    """The rounding of f, 13 digits below what its values really scatter by."""
    check = ad.check_gradient(noisy(0.01), lambda x: 2 * x, np.array([1.0, 2.0]))
    above, _ = check.plot()
    noise = line(above, "f's rounding, noise")
    steps, sizes = noise.get_xdata(), noise.get_ydata()
    assert 1e-4 < sizes[0] * steps[0] < 0.1


def test_dollars_in_names_are_no_formula():
    """A name that matplotlib sets as mathematics."""
    above, _ = ad.check_gradient(lambda x: x["a$b$c"] @ x["a$b$c"], lambda x: {"a$b$c": 3 * x["a$b$c"]}, {"a$b$c": X}).plot()
    assert r"a\$b\$c" in above.get_title(loc="left")
