"""The problems: their closed forms are right, their data are fixed by the seed, and bad sizes are refused."""

import sys

import numpy as np
import pytest

import admodes as ad
from admodes.containers import flatten
from admodes.errors import InputError, OptionError, OutputError, ShapeError, UnsupportedError
from admodes.measure import DENSE_LAYER, HELMHOLTZ, ROSENBROCK, Problem, digits_problem
from admodes.measure.accuracy import Check, Derivative, measure_error
from admodes.measure.problems import (
    BUNDLE_ADJUSTMENT,
    CURVE_FIT,
    DETERMINANT,
    LEAST_SQUARES,
    LOG_SUM_EXP,
    PROBLEMS,
    k_means_problem,
    logistic_problem,
    mixture_problem,
    perceptron_problem,
    recurrent_problem,
)
from admodes.measure.problems import digits as module
from admodes.measure.problems.bundle import BundleAdjustment, rotate
from admodes.measure.problems.clusters import KMeans
from admodes.measure.problems.formulas import Logistic, determinant, determinant_derivative
from admodes.measure.subject import Subject

VECTOR_PROBLEMS = [
    (DENSE_LAYER, 5, 3),
    (DENSE_LAYER, 1, 4),
    (DENSE_LAYER, 4, 1),
    (ROSENBROCK, 6, 1),
    (HELMHOLTZ, 7, 1),
    (HELMHOLTZ, 1, 1),
    (LOG_SUM_EXP, 9, 1),
    (LOG_SUM_EXP, 1, 1),
    (LEAST_SQUARES, 6, 1),
    (LEAST_SQUARES, 1, 1),
    (CURVE_FIT, 3, 11),
    (CURVE_FIT, 3, 1),
]
#: Every problem at sizes that a test can afford.
ALL_PROBLEMS = [
    *VECTOR_PROBLEMS,
    (logistic_problem(1), 1, 1),
    (logistic_problem(8), 1, 1),
    (DETERMINANT, 1, 1),
    (DETERMINANT, 16, 1),
    (mixture_problem(2, 5, 60), 30, 1),
    (mixture_problem(1, 2, 20), 6, 1),
    (k_means_problem(), 20, 1),
    (recurrent_problem(12), 18, 1),
    (recurrent_problem(1), 4, 1),
    (perceptron_problem(60), 160, 1),
    (digits_problem(60), 650, 1),
    (BUNDLE_ADJUSTMENT, 45, 9),
    (BUNDLE_ADJUSTMENT, 15, 3),
]
all_problems = pytest.mark.parametrize(
    ("problem", "n", "m"), [pytest.param(*case, id=f"{case[0].name} {case[1]} {case[2]}") for case in ALL_PROBLEMS]
)


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
    [
        (ROSENBROCK, 1, 1),
        (ROSENBROCK, 4, 2),
        (HELMHOLTZ, 4, 2),
        (digits_problem(), 10, 1),
        (DENSE_LAYER, 0, 1),
        (logistic_problem(), 2, 1),
        (logistic_problem(), 1, 2),
        (LOG_SUM_EXP, 4, 2),
        (LEAST_SQUARES, 4, 2),
        (CURVE_FIT, 4, 2),
        (DETERMINANT, 8, 1),
        (DETERMINANT, 9, 3),
        (mixture_problem(2, 5), 31, 1),
        (k_means_problem(200, 4), 21, 1),
        (k_means_problem(200, 4), 800, 1),
        (recurrent_problem(), 5, 1),
        (recurrent_problem(), 4, 2),
        (perceptron_problem(), 84, 1),
        (perceptron_problem(), 85, 2),
        (BUNDLE_ADJUSTMENT, 16, 3),
        (BUNDLE_ADJUSTMENT, 15, 2),
    ],
)
def test_sizes_that_a_problem_lacks_are_refused(problem, n, m):
    """Breaks if a report shows a size that was not measured."""
    with pytest.raises(ShapeError, match=problem.name):
        problem.at(n, m)


@all_problems
def test_a_problem_has_the_sizes_that_it_says(problem, n, m):
    """Breaks if a cell of a sweep is entered at numbers of inputs and outputs that its function does not have."""
    subject = Subject.at(*problem.at(n, m))
    assert (subject.inputs, subject.outputs) == (n, m)


@all_problems
def test_no_planted_mistake_passes_the_check_of_a_problem(problem, n, m):
    """Breaks if a problem's reference is zero, or so small somewhere that a wrong derivative is called right."""
    f, x = problem.at(n, m)
    assert Check(Derivative.of(problem.reference(f, x), "reference"), 1e-6).weakness() == "guarded"


@all_problems
def test_references_agree_with_the_modes_and_with_differences(problem, n, m):
    """Breaks if a closed form and the program are not of the same function, here for forward, reverse and finite."""
    f, x = problem.at(n, m, seed=5)
    leaves, structure = flatten(x, InputError, "x")
    precise = structure.unflatten([np.asarray(leaf, np.longdouble)[()] for leaf in leaves])
    exact = Derivative.of(problem.reference(f, precise), "reference")
    # Within the steps that differences choose, points of k-means change to another centroid.
    finite = ad.CentralDifferences(2, step=1e-6) if problem.name == "k-means" else "finite"
    for method, tolerance in (("forward", 1e-13), ("reverse", 1e-13), (finite, 1e-8)):
        found = Derivative.of(ad.differentiate(f, x, method), "derivative")
        assert measure_error(found, exact).norm < tolerance, method


def test_the_logistic_map_has_a_closed_form():
    """Breaks if l_n is not sin^2(2^(n-1) arcsin sqrt x), which shares nothing with the product of slopes."""
    x = np.longdouble("0.3")
    for steps in range(1, 8):
        angle = np.arcsin(np.sqrt(x))
        f = Logistic(steps)
        np.testing.assert_allclose(f(x), np.sin(2 ** (steps - 1) * angle) ** 2, rtol=1e-12)
        slope = 2 ** (steps - 1) * np.sin(2**steps * angle) / (2 * np.sqrt(x * (1 - x)))
        np.testing.assert_allclose(f.derivative(x), slope, rtol=1e-12)


def test_cofactors_are_those_of_linear_algebra():
    """Breaks if elimination loses a sign at a swapped row, or a matrix without a pivot."""
    matrix = np.random.default_rng(1).normal(size=(5, 5))
    np.testing.assert_allclose(determinant(matrix), np.linalg.det(matrix), rtol=1e-13)
    np.testing.assert_allclose(determinant_derivative(matrix), np.linalg.det(matrix) * np.linalg.inv(matrix).T, rtol=1e-12)
    assert determinant_derivative(np.diag([0.0, 0.0, 3.0])).tolist() == [[0.0] * 3] * 3
    assert determinant_derivative(np.array([[7.0]])).tolist() == [[1.0]]


def test_a_turn_of_length_zero_is_the_limit_of_small_ones():
    """Breaks if the branch at zero has another value or derivative than rotations near it."""
    point = np.array([[0.3, -0.2, 0.7]])
    small = np.array([[1e-9, -2e-9, 1e-9]])
    np.testing.assert_allclose(rotate(0 * small, point), point)
    np.testing.assert_allclose(rotate(small, point), point + np.cross(small, point), rtol=1e-15)
    f = BundleAdjustment(np.zeros((1, 2)))
    x = np.concatenate([np.zeros(3), [0.1, 0.2, 0.0, 1.5, 0.1, 0.2, 0.01, 0.02], [0.3, -0.2, 4.0], [0.5]])
    nearby = x.copy()
    nearby[:3] = 1e-9
    for method in ("forward", "reverse"):
        np.testing.assert_allclose(ad.jacobian(f, x, method), ad.jacobian(f, nearby, method), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(ad.jacobian(f, x), f.derivative(x), rtol=1e-13, atol=1e-14)


def test_blocks_of_a_bundle_are_separate():
    """Breaks if one observation's derivative reaches into another's."""
    f, x = BUNDLE_ADJUSTMENT.at(60, 12)
    jacobian = ad.jacobian(f, x, "forward").reshape(4, 3, 4, 15)
    for one, other in np.ndindex(4, 4):
        assert np.any(jacobian[one, :, other]) == (one == other)


def test_k_means_with_a_centroid_on_every_point_is_blind():
    """Breaks if the mutant guard calls a problem sound whose gradient is zero."""
    points = np.random.default_rng(0).uniform(size=(10, 2))
    assert "zero" in Check(Derivative.of(KMeans(points).derivative(points), "reference"), 1e-6).weakness()


def test_the_catalogue_has_every_problem():
    """Breaks if a problem cannot be named in a grid, or two have the same name."""
    assert set(PROBLEMS) == {problem.name for problem, *_ in ALL_PROBLEMS}
    assert all(problem.name == name for name, problem in PROBLEMS.items())
    assert len(PROBLEMS) == 14


def test_a_logistic_map_of_no_steps_is_refused():
    """Breaks if l_0, which is nothing, is differentiated as l_1."""
    with pytest.raises(OptionError, match="at least 1"):
        logistic_problem(0)


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
