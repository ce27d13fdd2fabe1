"""What symbolic mode covers: every call that the tests list is right or refused by name; paths as conditions; nesting."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sympy
import test_decompositions
import test_functions
import test_indexing
import test_linalg
import test_linear_algebra
import test_orders
import test_selection
import test_writing_functions
from rule_cases import FunctionCase
from support import assert_close, numerical_jacobian

import admodes as ad
from admodes.errors import AdmodesError, UnsupportedError
from admodes.symbolic.closed import closed_form

MODULES = (
    *(test_decompositions, test_functions, test_indexing, test_linalg, test_linear_algebra),
    *(test_orders, test_selection, test_writing_functions),
)

# --- all tables --------------------------------------------------------------------------------


def listed_cases() -> dict[str, list[FunctionCase]]:
    """The calls that the tables of the test modules list, by the name of the function."""
    found: dict[str, list[FunctionCase]] = defaultdict(list)
    seen = set()
    for module in MODULES:
        for table in vars(module).values():
            for parameter in table if isinstance(table, list) else []:
                case = next(iter(getattr(parameter, "values", None) or ()), None) if hasattr(parameter, "marks") else None
                if isinstance(case, FunctionCase) and case.points and id(case) not in seen:
                    seen.add(id(case))
                    found[case.function.__name__.partition("[")[0]].append(case)
    return found


CASES = listed_cases()
#: Refused whatever the arguments are.
UNKNOWN = {"eig", "eigh", "eigvals", "lstsq", "pinv", "qr"}
#: Refused for matrices larger than this.
LIMITED = {
    **dict.fromkeys(("cholesky", "det", "inv", "slogdet", "solve", "tensorinv", "tensorsolve"), 4),
    **dict.fromkeys(("cond", "eigvalsh", "matrix_norm", "norm", "svd", "svdvals"), 2),
}
#: Elements that are equal there are a branch, which differences would leave.
EQUALS = {"setdiff1d", "setxor1d", "trim_zeros"}


@pytest.fixture(autouse=True)
def singular_points_are_expected() -> Iterator[None]:
    """f itself divides by zero at some of these points, in plain NumPy too."""
    with np.errstate(all="ignore"):
        yield


def check_refusal(name: str, message: str) -> None:
    """The message names the function, the reason, which must hold, and the way out."""
    assert "method='forward'" in message
    if name == "<lambda>":
        return
    assert re.search(rf"\b(np|np\.linalg)\.{name}\b", message), message
    sizes = re.search(r"of matrices up to (\d) x \d, but this one is (\d+) x (\d+)", message)
    if sizes is None:
        assert name in UNKNOWN | {"svd"}, message
        return
    limit, rows, columns = map(int, sizes.groups())
    assert limit <= LIMITED[name]
    assert max(rows, columns) > limit


@pytest.mark.parametrize("name", sorted(CASES))
def test_all_tables(name: str) -> None:
    """Breaks if a call crashes, is wrong in silence, or is refused without its name, a reason that holds and a way out."""
    refused = 0
    for case in CASES[name]:
        try:
            value, got = ad.value_and_jacobian(case.flat, case.flat_point, method="symbolic")
        except UnsupportedError as error:
            check_refusal(name, str(error))
            refused += 1
            continue
        np.testing.assert_allclose(value, case.flat(case.flat_point), rtol=1e-13, atol=1e-13)
        assert_close(got, ad.jacobian(case.flat, case.flat_point, method="forward"), 1e-10)
        if case.flat_point.size <= 12 and name not in EQUALS:
            assert_close(got, numerical_jacobian(case.flat, case.flat_point, step=5e-3), 1e-7)
    assert refused == 0 or name in UNKNOWN | set(LIMITED) | {"<lambda>"}
    assert refused == len(CASES[name]) or name not in UNKNOWN


def test_tables_are_found() -> None:
    """Breaks if the tables are read no more, so that nothing is tested."""
    assert len(CASES) > 150
    assert sum(map(len, CASES.values())) > 800


# --- small matrices ----------------------------------------------------------------------------

A = np.array([[1.2, -0.4], [0.7, 2.1]])
TALL = np.array([[1.0], [-2.0], [0.5]])
POSITIVE = np.array([[4.0, 0.3, -0.2, 0.6], [0.3, 3.0, 0.5, 0.1], [-0.2, 0.5, 2.5, 0.4], [0.6, 0.1, 0.4, 5.0]])
SMALL: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "cholesky": (np.linalg.cholesky, POSITIVE),
    "cholesky upper": (lambda x: np.linalg.cholesky(x, upper=True), POSITIVE),
    "cholesky stacked": (lambda x: np.linalg.cholesky(np.stack([x, 2 * x])), POSITIVE[:2, :2]),
    "eigvalsh": (np.linalg.eigvalsh, A),
    "eigvalsh upper": (lambda x: np.linalg.eigvalsh(x, "U"), A),
    "eigvalsh of one": (np.linalg.eigvalsh, A[:1, :1]),
    "svdvals": (np.linalg.svdvals, A),
    "svdvals of a column": (np.linalg.svdvals, TALL),
    "svdvals of a row": (np.linalg.svdvals, TALL.T),
    "svd without vectors": (lambda x: np.linalg.svd(x, compute_uv=False), A),
    **{f"norm {p}": (lambda x, p=p: np.linalg.norm(x, p), A) for p in (2, -2, "nuc", "fro", 1, -1, np.inf, -np.inf)},
    **{f"cond {p}": (lambda x, p=p: np.linalg.cond(x, p), A) for p in (None, 2, -2, "nuc", "fro", 1, -1, np.inf, -np.inf)},
    **{f"cond {p} of four": (lambda x, p=p: np.linalg.cond(x, p), POSITIVE) for p in ("fro", 1, -np.inf)},
    "tensorinv": (lambda x: np.linalg.tensorinv(x.reshape(2, 2, 4), 2), POSITIVE),
    "tensorsolve": (lambda x: np.linalg.tensorsolve(x.reshape(2, 2, 2, 2), x[:2, :2]), POSITIVE),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, -3), A),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_matrices(name: str) -> None:
    """Breaks if a closed form is not the decomposition, in its order and with its signs."""
    f, x = SMALL[name]
    value, got = ad.value_and_jacobian(f, x, method="symbolic")
    np.testing.assert_array_equal(value, f(x))
    assert_close(got, numerical_jacobian(f, x, step=5e-3), 1e-8)
    assert_close(ad.symbolic_derivative(f, 1.1 * x)(x), got, 1e-11)


def test_eigenvalues_are_those_of_sympy() -> None:
    """Breaks if the published eigenvalues are not roots of the characteristic polynomial."""
    found = ad.symbolic_derivative(np.linalg.eigvalsh, A)
    (a, _), (c, d) = found.inputs
    wanted = sympy.Matrix([[a, c], [c, d]]).charpoly().as_expr()
    (symbol,) = wanted.free_symbols - {a, c, d}
    assert [sympy.simplify(wanted.subs(symbol, root)) for root in found.outputs] == [0, 0]


# --- refusals ----------------------------------------------------------------------------------

FIVE = np.eye(5) + 0.1
REFUSED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "np.linalg.svd": (lambda x: np.linalg.svd(x)[0], A),
    "np.linalg.eigh": (lambda x: np.linalg.eigh(x)[1], A),
    "np.linalg.qr": (lambda x: np.linalg.qr(x)[0], A),
    "np.linalg.pinv": (np.linalg.pinv, A),
    "np.linalg.lstsq": (lambda x: np.linalg.lstsq(x, np.ones(2))[0], A),
    "np.linalg.cond": (np.linalg.cond, FIVE),
    "np.linalg.matrix_norm": (lambda x: np.linalg.matrix_norm(x, ord=2), FIVE),
    "np.linalg.cholesky": (np.linalg.cholesky, FIVE),
    "np.linalg.slogdet": (lambda x: np.linalg.slogdet(x)[1], FIVE),
    "np.linalg.matrix_power": (lambda x: np.linalg.matrix_power(x, -1), FIVE),
    "np.fft.fft2": (lambda x: np.abs(np.fft.fft2(x, s=(9, 9))), FIVE),
    "np.fft.hfft": (lambda x: np.fft.hfft(x[0]), np.ones((1, 6))),
    "np.fft.ihfft": (lambda x: np.abs(np.fft.ihfft(x[0])), np.ones((1, 9))),
    "np.fft.irfftn": (lambda x: np.fft.irfftn(x, s=(10,), axes=(0,)), np.ones((6, 1))),
    "np.apply_along_axis": (lambda x: np.apply_along_axis(lambda v: v, 0, x) * np.linalg.pinv(x), A),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_what_f_called(name: str) -> None:
    """Breaks if the message names a part of ours, or a function around the one that f called."""
    f, x = REFUSED[name]
    wanted = "np.linalg.pinv" if name == "np.apply_along_axis" else name
    with pytest.raises(UnsupportedError, match=rf"^Symbolic mode (takes|does not know) {re.escape(wanted)}\b.*method='forward'"):
        ad.jacobian(f, x, method="symbolic")


# --- closed forms ------------------------------------------------------------------------------


def closed(function: Callable[..., Any], *numbers: float, domain: Any = None) -> float:
    """The value of a formula at plain numbers."""
    return float(closed_form("tried", function, len(numbers), domain).at(*numbers))


@pytest.mark.parametrize(
    ("function", "numbers", "wanted"),
    [
        (lambda x: (sympy.exp(x) - 1 - x) / x**2, [1e-9], 0.5 + 1e-9 / 6),
        (lambda x: (sympy.exp(x) - 1 - x) / x**2, [0.0], 0.5),
        (lambda x: sympy.sin(x) / x, [np.inf], 0.0),
        (lambda x: sympy.cos(x) / x**2, [0.0], np.inf),
        (lambda x: -sympy.log(1 - x), [1.0], np.inf),
        (lambda x: sympy.sin(1 / x), [0.0], np.nan),
        (lambda x: sympy.sqrt(x - 1), [0.0], np.nan),
        (lambda x: sympy.exp(-(x**2)), [1e4], 0.0),
        (lambda x: sympy.exp(x), [1e4], np.inf),
        (lambda x: sympy.exp(x), [np.nan], np.nan),
        (lambda x, y: x / y, [0.0, 0.0], 0.0),
        (lambda x, y: (x**y - 1) / y, [2.0, 0.0], float(np.log(2.0))),
        (lambda x: sympy.erfc(x) * sympy.exp(x**2), [1e3], 1 / (1e3 * np.sqrt(np.pi)) * (1 - 0.5e-6)),
    ],
)
def test_closed_forms(function: Any, numbers: list[float], wanted: float) -> None:
    """Breaks if a difference cancels, a limit is not found, or one is found that does not exist."""
    np.testing.assert_allclose(closed(function, *numbers), wanted, rtol=1e-12)


def test_the_limit_is_taken_inside_the_domain() -> None:
    """Breaks if a limit is taken from where the function is not defined, or from where it is another one."""
    for domain, wanted in (((-2.0, 0.0), -1.0), ((0.0, 2.0), 1.0)):
        assert closed(lambda x: sympy.sqrt(x**4 + x**2) / x, 0.0, domain=domain) == wanted


def test_published_closed_forms() -> None:
    """Breaks if what is published is a name of ours, and not the function that SymPy knows."""
    special = pytest.importorskip("scipy.special", reason="needs SciPy")
    found = ad.symbolic_derivative(lambda x: special.erf(x) + special.gammaln(x), 1.5)
    x = sympy.Symbol("x", real=True)
    assert found.outputs == sympy.erf(x) + sympy.loggamma(x)
    assert sympy.expand(found.expressions - 2 * sympy.exp(-(x**2)) / sympy.sqrt(sympy.pi) - sympy.digamma(x)) == 0


# --- the path as conditions --------------------------------------------------------------------

X = np.array([0.7, -1.3, 2.1])
x_0, x_1, x_2 = sympy.symbols("x_0 x_1 x_2", real=True)
TRIPLE = sympy.Tuple(x_0, x_1, x_2)
POINTS = [X, -X, np.array([2.0, 1.5, -1.0]), np.array([2.0, 1.0, 1.0]), np.full(3, 0.1)]


def named(name: str, *arguments: Any) -> Any:
    """``name(arguments) == value``, as conditions write it."""
    *operands, value = arguments
    return sympy.Eq(sympy.Function(name)(*operands), value, evaluate=False)


def doubled_until(x: Any) -> Any:
    while np.sum(x) < 10:
        x = 2 * x + 1
    return x


def nested(x: Any) -> Any:
    def inner(y: Any) -> Any:
        return y**2 if y[0] > y[2] else y

    return inner(x[::-1]) + inner(x)


PATHS: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "if": (lambda x: x**2 if x[0] > x[1] else x, [x_0 > x_1]),
    "and": (lambda x: x**2 if x[0] > 0 and x[1] > 0 else x, [x_0 > 0, x_1 <= 0]),
    "or": (lambda x: x**2 if x[0] > 1 or x[1] > 0 else x, [x_0 <= 1, x_1 <= 0]),
    "not": (lambda x: x**2 if not x[0] > 1 else x, [x_0 <= 1]),
    "chained": (lambda x: x**2 if 0 < x[0] < 1 else x, [x_0 > 0, x_0 < 1]),
    "truth": (lambda x: x**2 if x[1] else x, [sympy.Ne(x_1, 0)]),
    "equal": (lambda x: x**2 if x[0] == 2 else x, [sympy.Ne(x_0, 2)]),
    "while": (doubled_until, None),
    "nested": (nested, [x_0 < x_2, x_0 <= x_2]),
    "any": (lambda x: x**2 if np.any(x < 0) else x, [sympy.Or(x_0 < 0, x_1 < 0, x_2 < 0)]),
    "all": (lambda x: x**2 if np.all(x < 2) else x, [sympy.Not(sympy.And(x_0 < 2, x_1 < 2, x_2 < 2))]),
    "index": (lambda x: x * x[np.floor(abs(x[0])).astype(int) % 3], [sympy.Eq(sympy.floor(sympy.Abs(x_0)), 0)]),
    "mask": (lambda x: np.sum(x[x > 0] ** 2) * x, [x_0 > 0, x_1 <= 0, x_2 > 0]),
    "where": (lambda x: np.where(x > 0, x**2, x), []),
    "select": (lambda x: np.select([x < 0, x > 1], [x**2, x**3], x), []),
    "maximum": (lambda x: np.maximum(x, 1.0), []),
    "argmax": (lambda x: x * x[np.argmax(x)], [named("argmax", TRIPLE, 2)]),
    "int of argmax": (lambda x: x * x[int(np.argmax(x))], [named("argmax", TRIPLE, 2)]),
    "argsort": (lambda x: x[np.argsort(x)] * np.arange(3.0), [named("argsort", TRIPLE, (1, 0, 2))]),
    "sort": (
        lambda x: np.sort(x) ** 2,
        [named("argsort", TRIPLE, (1, 0, 2)), named("neighbours_tie", sympy.Tuple(x_1, x_0, x_2), sympy.false)],
    ),
    "max": (lambda x: np.max(x) * x, [named("places_of_max", TRIPLE, (False, False, True))]),
    "min": (lambda x: np.min(x) * x, [named("places_of_min", TRIPLE, (False, True, False))]),
    "Python's max": (lambda x: max(x) * x, [x_0 >= x_1, x_0 < x_2]),
    "searchsorted": (
        lambda x: x * np.searchsorted([0.0, 1.0, 2.0], x),
        [named("searchsorted", sympy.Tuple(0, 1, sympy.Float(2.0)), TRIPLE, (1, 0, 3))],
    ),
    "nonzero": (lambda x: x * x[np.nonzero(x > 0)][0], [named("nonzero", sympy.Tuple(x_0 > 0, x_1 > 0, x_2 > 0), (0, 2))]),
    "count_nonzero": (lambda x: x * np.count_nonzero(x > 0), [named("count_nonzero", sympy.Tuple(x_0 > 0, x_1 > 0, x_2 > 0), 2)]),
    "choose": (lambda x: np.choose((x > 0).astype(int), [x, x**2]), [x_0 > 0, x_1 <= 0, x_2 > 0]),
    "median": (lambda x: np.median(x) * x, None),
    "unique": (lambda x: np.sum(np.unique(x) ** 2) * x, None),
    "interp": (lambda x: np.interp(x, [-2.0, 0.0, 1.0, 3.0], [0.0, 1.0, 3.0, 4.0]) * x, None),
    "cumulative": (lambda x: np.maximum.accumulate(x) * x, None),
}


@pytest.mark.parametrize("name", PATHS)
def test_paths(name: str) -> None:
    """Breaks if a decision is not recorded, not readable, or not tested where f decides otherwise."""
    f, wanted = PATHS[name]
    found = ad.symbolic_derivative(f, X)
    if wanted is not None:
        assert [str(condition) for condition in found.conditions] == [str(condition) for condition in wanted]
    assert all(isinstance(condition, sympy.logic.boolalg.Boolean) for condition in found.conditions)
    assert not re.search(r"\b_", str(found.conditions))
    for point in POINTS:
        assert_close(found(point), ad.jacobian(f, point, method="reverse"), 1e-12)
    assert_close(found(X + 0.01), numerical_jacobian(f, X + 0.01, step=1e-3), 1e-7)


# --- derivatives inside ------------------------------------------------------------------------

V, W = np.array([0.5, -1.2, 2.0]), np.array([1.0, 0.5, -2.0])
INNER: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray]] = {
    "gradient": (lambda x, m: ad.gradient(lambda y: np.sum(y**3), x, method=m) * x, np.diag(9 * V**2)),
    "closure": (lambda x, m: ad.gradient(lambda y: np.sum(y**3 * x), W, method=m), np.diag(3 * W**2)),
    "both": (lambda x, m: ad.gradient(lambda y: np.sum(y**3 * x), x, method=m), np.diag(9 * V**2)),
    "args": (lambda x, m: ad.gradient(lambda y, z: np.sum(y**3 * z), W, args=(x,), method=m), np.diag(3 * W**2)),
    "jacobian": (lambda x, m: np.diagonal(ad.jacobian(lambda y: y**3, x, method=m)), np.diag(6 * V)),
    "hessian": (lambda x, m: np.diagonal(ad.hessian(lambda y: np.sum(y**4), x, method=m)), np.diag(24 * V)),
    "hessian of an element": (lambda x, m: ad.hessian(lambda y: y[0] ** 3, x, method=m)[0], np.diag([6.0, 0.0, 0.0])),
    "jvp": (lambda x, m: ad.jvp(lambda y: y**3, x, x, method=m)[1], np.diag(9 * V**2)),
    "vjp": (lambda x, m: ad.vjp(lambda y: y**3, x, method=m)[1](x), np.diag(9 * V**2)),
    "hvp": (lambda x, m: ad.hvp(lambda y: np.sum(y**3), x, x, method=m), np.diag(12 * V)),
    "number": (lambda x, m: ad.differentiate(lambda t: t**3, x[0], method=m) * x, None),
    "constant": (lambda x, m: ad.gradient(lambda y: np.sum(y**3), W, method=m) * x, np.diag(3 * W**2)),
    "transform": (lambda x, m: ad.gradient(lambda y: np.sum(np.abs(np.fft.fft(y)) ** 2), x, method=m), 6 * np.eye(3)),
}


@pytest.mark.parametrize("inner", ["forward", "reverse", "auto", "finite", "symbolic"])
@pytest.mark.parametrize("name", INNER)
def test_derivatives_inside_symbolic(name: str, inner: str) -> None:
    """Breaks if a derivative of a derivative is wrong, or refused without the way out."""
    f, truth = INNER[name]
    try:
        got = ad.jacobian(lambda x: f(x, inner), V, method="symbolic")
    except AdmodesError as error:
        assert inner in ("finite", "symbolic")
        assert name != "constant"
        assert re.search(r"""method=['"]forward['"] or method=['"]reverse['"]""", str(error))
    else:
        assert name == "constant" or inner not in ("finite", "symbolic")
        truth = numerical_jacobian(lambda x: f(x, "reverse"), V) if truth is None else truth
        assert_close(got, truth, 1e-5 if inner == "finite" else 1e-9)


@pytest.mark.parametrize("outer", ["forward", "reverse", "finite"])
@pytest.mark.parametrize("name", INNER)
def test_symbolic_inside_others(name: str, outer: str) -> None:
    """Breaks if the symbolic mode loses an outer derivative without a word."""
    f, truth = INNER[name]
    truth = numerical_jacobian(lambda x: f(x, "reverse"), V) if truth is None else truth
    try:
        got = ad.jacobian(lambda x: f(x, "symbolic"), V, method=outer)
    except UnsupportedError as error:
        assert outer != "finite"
        assert "method='forward' or method='reverse'" in str(error)
    else:
        assert outer == "finite" or name == "constant"
        assert_close(got, truth, 1e-6)
