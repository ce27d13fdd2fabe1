"""What the notebook about training trains, from other seeds than its own: its functions are read from its cells."""

import json
from pathlib import Path

import numpy as np
import pytest

import admodes as ad

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "5_training_with_your_own_gradients.ipynb"


@pytest.fixture(scope="module")
def nb():
    """The functions and constants of the notebook: its cells with the tag "definitions"."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names = {}
    for cell in cells:
        if "definitions" in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]), names)
    return names


def test_gradients_are_perpendicular_to_level_curves(nb):
    """Breaks if the level curve is not one of the function whose gradient is drawn."""
    for angle in (0.4, 2.0, 5.5):
        x = nb["level_curve"](angle, 3.0)
        assert nb["valley"](x) == pytest.approx(3.0)
        tangent, gradient = ad.jacobian(nb["level_curve"], angle, args=(3.0,)), ad.gradient(nb["valley"], x)
        assert abs(tangent @ gradient) < 1e-14 * np.linalg.norm(tangent) * np.linalg.norm(gradient)


@pytest.mark.parametrize(("rate", "converges"), [(0.02, True), (0.12, True), (0.24, True), (0.26, False)])
def test_descent_runs_away_beyond_two_over_the_curvature(nb, rate, converges):
    """Breaks if the exercise on rates has another answer than 2 / 8."""
    path = nb["descend"](lambda x: ad.gradient(nb["valley"], x), np.array([1.6, 1.9]), rate, 60)
    assert (nb["valley"](path[-1]) < nb["valley"](path[0])) == converges


def test_the_regressions_gradient_is_the_known_one(nb):
    """Breaks if the hand-written gradient of the logistic regression is not (y - target) * x."""
    rng = np.random.default_rng(7)
    points, target, w = rng.normal(0, 1, (9, 2)), rng.integers(0, 2, 9) * 1.0, rng.normal(0, 1, 3)
    claimed = nb["regression_gradient"](w, points, target)
    design = np.column_stack([points, np.ones(9)])
    np.testing.assert_allclose(claimed, design.T @ (1 / (1 + np.exp(-design @ w)) - target) / 9, rtol=1e-12)
    np.testing.assert_allclose(ad.gradient(nb["regression_loss"], w, args=(points, target)), claimed, rtol=1e-12)


def test_losses_do_not_overflow(nb):
    """Breaks if a confident mistake costs infinity, or its gradient is NaN."""
    assert nb["cross_entropy"](np.array([1e4, -1e4]), np.array([0.0, 1.0])) == 1e4
    assert ad.gradient(nb["cross_entropy"], np.array([1e4, -1e4]), args=(np.array([0.0, 1.0]),)).tolist() == [0.5, -0.5]


@pytest.fixture(scope="module")
def xor_paths(nb):
    """The walks of all methods from another start than the notebook's."""
    start = nb["xor_start"](1)
    walks = {name: ad.prepare(nb["xor_loss"], start, method=method) for name, method in nb["METHODS"].items()}
    return {name: nb["xor_path"](gradient, start) for name, gradient in walks.items()}


def test_all_methods_are_tried_on_xor(nb):
    """Breaks if a method is added that the notebook leaves out."""
    assert set(nb["METHODS"]) == set(ad.available_methods()) - {"auto"}


@pytest.mark.parametrize("method", ["finite", "symbolic", "forward", "reverse", "complex"])
def test_xor_is_learnt_with_each_method(nb, xor_paths, method):
    """Breaks if a walk by the gradient of one method does not end at the truth table."""
    assert not nb["solved"](xor_paths[method][0])
    assert nb["solved"](xor_paths[method][-1])
    assert len(xor_paths[method]) == 61


@pytest.mark.parametrize(("method", "error"), [("finite", 1e-6), ("symbolic", 1e-12), ("forward", 1e-12), ("complex", 1e-12)])
def test_the_walks_are_one(nb, xor_paths, method, error):
    """Breaks if a method's walk leaves that of reverse mode by more than its error explains."""
    for one, other in zip(xor_paths[method], xor_paths["reverse"], strict=True):
        assert nb["apart"](one, other) < error


def test_a_wrong_gradient_takes_another_walk(nb, xor_paths):
    """Breaks if the walks would agree whatever the gradient: one weight's slope is off by a thousandth."""
    gradient = ad.prepare(nb["xor_loss"], nb["xor_start"](1), method="reverse")

    def careless(theta):
        found = gradient(theta)
        return found | {"output": found["output"] * np.array([1.0, 1.001])}

    path = nb["xor_path"](careless, nb["xor_start"](1))
    assert nb["apart"](path[-1], xor_paths["reverse"][-1]) > 1e-4


@pytest.fixture(scope="module")
def digits():
    datasets = pytest.importorskip("sklearn.datasets", reason="needs scikit-learn: pip install 'admodes[data]'")
    images, labels = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(11).permutation(len(labels))
    return images[order] / 16, labels[order]


def test_digits_are_read(nb, digits):
    """Breaks if the network reads fewer than 90 % of digits that it was not trained on."""
    images, labels = digits
    models = nb["train_digits"](np.random.default_rng(5), images[:1400], labels[:1400], epochs=5)
    held_out = [nb["accuracy"](model, images[1400:], labels[1400:]) for model in models]
    assert held_out[0] < 0.3
    assert held_out[-1] > 0.9


def test_the_penalty_is_part_of_the_digits_loss(nb, digits):
    """Breaks if the loss has no L2 term, or one on the biases."""
    model = nb["digits_start"](np.random.default_rng(0), hidden=3)
    batch = digits[0][:4], digits[1][:4]
    plain, penalised = nb["digits_loss"](model, *batch, 0.0), nb["digits_loss"](model, *batch, 0.5)
    assert penalised - plain == pytest.approx(0.25 * (np.sum(model["hidden"] ** 2) + np.sum(model["output"] ** 2)))


def test_softmax_has_its_textbook_gradient(nb, digits):
    """Breaks if the gradient by the output's bias is not the mean of p - onehot."""
    model = nb["digits_start"](np.random.default_rng(1), hidden=4)
    images, labels = digits[0][:6], digits[1][:6]
    raw = nb["scores"](model, images)
    p = np.exp(raw) / np.sum(np.exp(raw), axis=1, keepdims=True)
    found = ad.gradient(nb["digits_loss"], model, args=(images, labels))["output_bias"]
    np.testing.assert_allclose(found, np.mean(p - np.eye(10)[labels], axis=0), atol=1e-14)


def test_minibatches_cover_all(nb):
    """Breaks if an example is in two batches of an epoch, or a batch is short."""
    batches = nb["minibatches"](np.random.default_rng(0), 23, 5)
    assert batches.shape == (4, 5)
    assert len(set(batches.ravel().tolist())) == 20


def test_pairs_are_neighbours(nb):
    """Breaks if a word is paired with itself, or with one that stands further away than the window."""
    pairs = nb["neighbours"](np.arange(10), window=2)
    assert sorted({int(d) for d in pairs[:, 1] - pairs[:, 0]}) == [-2, -1, 1, 2]
    assert len(pairs) == 4 * 6


@pytest.mark.parametrize("seed", [3, 4])
def test_words_find_their_topics(nb, seed):
    """Breaks if the vectors do not know the planted topics, or knew them before."""
    rng = np.random.default_rng(seed)
    untrained = nb["same_topic"](rng.normal(0, 0.1, (48, 12)))
    vectors, losses = nb["train_words"](rng, nb["neighbours"](nb["made_up_text"](rng, 4000)), 48)
    assert untrained < 0.5
    assert nb["same_topic"](vectors["word"]) > 0.95
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:20])


def test_a_text_without_topics_has_none(nb):
    """Breaks if the topics come from the training and not from the text."""
    rng = np.random.default_rng(6)
    vectors, _ = nb["train_words"](rng, nb["neighbours"](rng.integers(0, 48, 4000)), 48, epochs=1)
    assert nb["same_topic"](vectors["word"]) < 0.5


def test_the_sparse_steps_take_the_dense_walk(nb):
    """Breaks if a sparse step leaves out a row, or counts one once that a batch names twice."""
    pairs = nb["neighbours"](nb["made_up_text"](np.random.default_rng(8), 1000))
    walks = [
        nb["train_words"](np.random.default_rng(9), pairs, 60, epochs=1, step=nb[step]) for step in ("dense_step", "sparse_step")
    ]
    for name in ("word", "context"):
        np.testing.assert_allclose(walks[1][0][name], walks[0][0][name], atol=1e-12)
    assert walks[0][1] == pytest.approx(walks[1][1])


def test_the_sparse_gradient_holds_the_rows_of_its_batch(nb):
    """Breaks if the rows of a sparse gradient are more than the batch names, whatever the number of words."""
    vectors = {name: np.ones((3000, 4)) for name in ("word", "context")}
    sample = (np.array([3, 3, 7]), np.array([1, 5, 1]), np.array([[1, 2], [9, 9], [3, 0]]))
    sparse = ad.gradient(nb["skip_gram"], vectors, args=sample, sparse=True)
    assert {name: part.rows.tolist() for name, part in sparse.items()} == {"word": [3, 7], "context": [0, 1, 2, 3, 5, 9]}
