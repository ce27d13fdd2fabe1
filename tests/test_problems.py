"""The problems: their closed forms are right, their data are fixed by the seed, and bad sizes are refused."""

import sys

import numpy as np
import pytest

from admodes.errors import InputError, OptionError, OutputError, ShapeError, UnsupportedError
from admodes.measure import DENSE_LAYER, HELMHOLTZ, ROSENBROCK, Problem, digits_problem
from admodes.measure.problems import digits as module

VECTOR_PROBLEMS = [
    (DENSE_LAYER, 5, 3),
    (DENSE_LAYER, 1, 4),
    (DENSE_LAYER, 4, 1),
    (ROSENBROCK, 6, 1),
    (HELMHOLTZ, 7, 1),
    (HELMHOLTZ, 1, 1),
]


def complex_step(f, x):
    """The Jacobian without a subtraction, from f alone: exact for analytic f."""
    columns = []
    for position in range(x.size):
        moved = x.astype(complex)
        moved[position] += 1e-40j
        columns.append(np.imag(f(moved)) / 1e-40)
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize(("problem", "n", "m"), VECTOR_PROBLEMS)
def test_closed_forms_agree_with_the_complex_step(problem, n, m):
    """Breaks if a closed form is wrong: every error in every report would be measured against it."""
    f, x = problem.at(n, m, seed=3)
    np.testing.assert_allclose(problem.reference(f, x), complex_step(f, x), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("problem", "n", "m"), VECTOR_PROBLEMS)
def test_closed_forms_keep_extended_precision(problem, n, m):
    """Breaks if a closed form falls back to float64, whose rounding would then count as every method's error."""
    f, x = problem.at(n, m)
    assert problem.reference(f, x.astype(np.longdouble)).dtype == np.longdouble
    assert problem.reference(f, x).dtype == np.float64


def test_digits_are_real_and_their_closed_form_is_right():
    """Breaks if the softmax gradient is wrong, or the data are not the 1,797 handwritten digits."""
    problem = digits_problem()
    f, x = problem.at(650, 1)
    assert f.images.shape == (1797, 64)
    assert f.images.max() == 1.0
    assert np.bincount(f.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    gradient = problem.reference(f, x)
    assert {name: part.shape for name, part in gradient.items()} == {"weights": (64, 10), "bias": (10,)}
    for name, index in [("bias", (3,)), ("weights", (20, 4)), ("weights", (43, 9))]:
        ahead, behind = ({key: part.copy() for key, part in x.items()} for _ in range(2))
        ahead[name][index] += 1e-5
        behind[name][index] -= 1e-5
        np.testing.assert_allclose(gradient[name][index], (f(ahead) - f(behind)) / 2e-5, rtol=1e-6)


def test_digits_without_scikit_learn_name_the_extra(monkeypatch):
    """Breaks if a missing scikit-learn ends in an ImportError that does not say what to install."""
    module._load_digits.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'admodes\[data\]'"):
        digits_problem().at(650, 1)


def test_the_seed_and_the_sizes_fix_the_data():
    """Breaks if two runs of a report measure different functions, or two cells share their random numbers."""
    (f, x), (g, y), (h, z) = DENSE_LAYER.at(4, 2, 1), DENSE_LAYER.at(4, 2, 1), DENSE_LAYER.at(4, 2, 2)
    assert np.array_equal(f.weights, g.weights)
    assert np.array_equal(x, y)
    assert not np.array_equal(f.weights, h.weights)
    assert not np.array_equal(x, z)
    assert not np.array_equal(x, DENSE_LAYER.at(4, 3, 1)[1])


@pytest.mark.parametrize("n", [1, 50, 2000])
def test_helmholtz_stays_in_its_domain(n):
    """Breaks if b.x reaches 1 for some n, where the logarithm has no value."""
    f, x = HELMHOLTZ.at(n, 1)
    assert 0 < f.volume @ x < 1
    assert np.isfinite(f(x))


@pytest.mark.parametrize(
    ("problem", "n", "m"),
    [(ROSENBROCK, 1, 1), (ROSENBROCK, 4, 2), (HELMHOLTZ, 4, 2), (digits_problem(), 10, 1), (DENSE_LAYER, 0, 1)],
)
def test_sizes_that_a_problem_lacks_are_refused(problem, n, m):
    """Breaks if a report shows a size that was not measured."""
    with pytest.raises(ShapeError, match=problem.name):
        problem.at(n, m)


def test_a_problem_of_ones_own():
    """Breaks if the interface shown in the documentation does not work."""
    cubes = Problem(
        "cubes", make=lambda n, m, rng: (lambda x: np.sum(x**3), rng.uniform(1, 2, n)), reference=lambda f, x: 3 * x**2
    )
    f, x = cubes.at(3, 1)
    np.testing.assert_allclose(cubes.reference(f, x), complex_step(f, x), rtol=1e-13)


def test_malformed_problems_are_refused():
    """Breaks if a mistake in a user's problem surfaces later, inside the measurement."""
    with pytest.raises(OptionError, match="needs a name"):
        Problem("", lambda n, m, rng: None)
    with pytest.raises(InputError, match="make"):
        Problem("no make", 3)
    with pytest.raises(OutputError, match=r"pair \(f, x\)"):
        Problem("one thing", lambda n, m, rng: np.sin).at(1, 1)
