"""The functions of SciPy: rules read on first use, stand-ins for what cannot be traced, and precision in the tails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from rule_cases import case, check_array_function, check_first_order, check_second_order, check_seeds, check_value
from support import EXACT_MODES, TRACING_MODES, assert_close, exact_modes, numerical_jacobian, tracing_modes

import admodes as ad
from admodes import failures
from admodes.errors import MissingRuleError

scipy_special = pytest.importorskip("scipy.special", reason="needs SciPy")
stand_ins = pytest.importorskip("admodes.special", reason="needs SciPy")

ROOT = Path(__file__).parents[1]
RNG = np.random.default_rng(11)
V, M, T = RNG.normal(size=4), RNG.normal(size=(2, 3)), RNG.normal(size=(2, 1, 3))
P = np.array([0.4, 1.3, 2.6])
INF, NAN = np.inf, np.nan


@pytest.fixture(autouse=True)
def singular_points_are_expected() -> Iterator[None]:
    """f itself divides by zero at some of these points, in plain NumPy too."""
    with np.errstate(all="ignore"):
        yield


def run(code: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# ---- read on first use


def test_scipy_is_not_loaded_by_us() -> None:
    """Breaks if a gradient that does not use SciPy loads it, even where a rule is missing."""
    code = (
        "import sys, numpy as np, admodes as ad\n"
        "ad.gradient(lambda x: np.sum(np.sin(x)), [1.0, 2.0])\n"
        "try:\n    ad.jacobian(lambda x: np.nextafter(x, 2.0), [1.0])\n"
        "except ad.errors.MissingRuleError:\n    print(*(name for name in sys.modules if 'scipy' in name or 'special' in name))"
    )
    assert run("import admodes.errors\n" + code) == ""


@pytest.mark.parametrize("method", ["forward", "reverse", "symbolic"])
@pytest.mark.parametrize("x", ["0.5", "np.array([0.5, 1.5])"])
def test_the_first_use_reads_the_rules(method: str, x: str) -> None:
    """Breaks if the rules are missing in a process that has not imported them, for numbers or for arrays."""
    code = (
        "import numpy as np, admodes as ad\nfrom scipy.special import expit\n"
        f"print(np.ravel(ad.jacobian(expit, {x}, method={method!r}))[0])"
    )
    value = scipy_special.expit(0.5)
    assert_close(float(run(code)), value * (1 - value), 1e-15)


def test_without_scipy_nothing_breaks() -> None:
    """Breaks if admodes needs SciPy where f does not."""
    code = (
        "import sys\nsys.modules['scipy'] = sys.modules['scipy.special'] = None\nimport numpy as np, admodes as ad\n"
        "print(ad.gradient(lambda x: np.sum(x * x), [1.0, 2.0]).tolist())\n"
        "try:\n    ad.jacobian(lambda x: np.nextafter(x, 2.0), [1.0])\n"
        "except ad.errors.MissingRuleError as error:\n    print('np.nextafter' in str(error))"
    )
    assert run("import admodes.errors\n" + code).split("\n") == ["[2.0, 4.0]", "True"]


def test_a_rule_of_ones_own_comes_first() -> None:
    """Breaks if reading our rules throws away what a user had registered for one of SciPy's functions."""
    code = (
        "import admodes as ad\nfrom admodes import rules\nfrom scipy import special\n"
        "rules.elementwise(special.erf, lambda out, x: 7.0 + 0 * x)\n"
        "print(ad.gradient(special.expit, 0.0), ad.gradient(special.erf, 0.5))"
    )
    assert run(code) == "0.25 7.0"


# ---- precision, tails included


def density(x: Any) -> Any:
    """Of the normal distribution."""
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def inverse_erfc(q: Any) -> Any:
    """By Newton's method from SciPy's value."""
    x = mp.mpf(float(scipy_special.erfcinv(float(q))))
    for _ in range(7):
        x += (mp.erfc(x) - q) * mp.sqrt(mp.pi) / 2 * mp.exp(x * x)
    return x


def scattered(low: float, high: float, count: int = 25) -> np.ndarray:
    """Numbers of both signs, whose sizes spread over powers of ten."""
    return 10 ** RNG.uniform(low, high, count) * RNG.choice([-1, 1], count)


def small(low: float, high: float, count: int = 25) -> np.ndarray:
    """Positive numbers, whose sizes spread over powers of ten."""
    return 10 ** RNG.uniform(low, high, count)


def between(low: float, high: float, count: int = 25) -> np.ndarray:
    """Numbers spread evenly."""
    return RNG.uniform(low, high, count)


POLES = np.rint(between(-9, 0)) + scattered(-10, -1)
S = scipy_special
#: Function, the truth for its derivative, points, and the relative error that is allowed.
TAILS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any, float]] = {
    "expit": (S.expit, lambda x: 1 / (2 + mp.exp(x) + mp.exp(-x)), np.r_[scattered(-3, 2.84), 700, -700], 1e-15),
    "logit": (S.logit, lambda x: 1 / (x * (1 - x)), np.r_[small(-300, 0), 1 - small(-15, -1)], 1e-15),
    "log_expit": (S.log_expit, lambda x: 1 / (1 + mp.exp(x)), np.r_[scattered(-3, 2.84)], 1e-15),
    "erf": (S.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x), between(-26, 26), 1e-15),
    "erfc": (S.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x), between(-26, 26), 1e-15),
    "erfi": (S.erfi, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(x * x), between(-26, 26), 1e-15),
    "erfcx": (
        S.erfcx,
        lambda x: 2 * x * mp.exp(x * x) * mp.erfc(x) - 2 / mp.sqrt(mp.pi),
        np.r_[between(-3, 60), small(-3, 4)],
        2e-14,
    ),
    "erfinv": (
        S.erfinv,
        lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(inverse_erfc(1 - abs(x)) ** 2),
        np.r_[between(-1, 1), 1 - small(-15, -1)],
        2e-15,
    ),
    "erfcinv": (
        S.erfcinv,
        lambda x: -mp.sqrt(mp.pi) / 2 * mp.exp(inverse_erfc(min(x, 2 - x)) ** 2),
        np.r_[between(0, 2), small(-300, 0)],
        2e-15,
    ),
    "ndtr": (S.ndtr, density, between(-37, 37), 1e-15),
    "log_ndtr": (S.log_ndtr, lambda x: 2 * density(x) / mp.erfc(-x / mp.sqrt(2)), np.r_[between(-300, 37), -40.0], 2e-15),
    "ndtri": (
        S.ndtri,
        lambda x: mp.sqrt(2 * mp.pi) * mp.exp(inverse_erfc(2 * min(x, 1 - x)) ** 2),
        np.r_[between(0, 1), small(-300, -1), 1 - small(-15, -1)],
        2e-15,
    ),
    "gamma": (S.gamma, lambda x: mp.gamma(x) * mp.psi(0, x), between(0.01, 170), 1e-13),
    "gammaln": (S.gammaln, lambda x: mp.psi(0, x), np.r_[POLES, small(-300, 300)], 3e-14),
    "psi": (S.psi, lambda x: mp.psi(1, x), np.r_[POLES, between(-10, 30), small(-150, 150)], 3e-15),
    "entr": (S.entr, lambda x: -mp.log(x) - 1, small(-300, -1), 1e-15),
    "exprel": (S.exprel, lambda x: (x * mp.exp(x) - mp.exp(x) + 1) / x**2, np.r_[between(-3, 3), scattered(-9, 2.7)], 2e-15),
    "expm1": (S.expm1, mp.exp, between(-100, 100), 1e-15),
    "i0e": (
        S.i0e,
        lambda x: mp.sign(x) * mp.exp(-abs(x)) * (mp.besseli(1, abs(x)) - mp.besseli(0, x)),
        np.r_[between(-60, 60), small(-5, 2.8)],
        5e-14,
    ),
    "k0e": (
        S.k0e,
        lambda x: mp.exp(x) * (mp.besselk(0, x) - mp.besselk(1, x)),
        np.r_[between(0.1, 60), small(-5, 2.8)],
        5e-14,
    ),
    "k1e": (
        S.k1e,
        lambda x: mp.exp(x) * (mp.besselk(1, x) - mp.besselk(0, x) - mp.besselk(1, x) / x),
        np.r_[between(0.1, 60), small(-5, 2.8)],
        5e-14,
    ),
    "gammainc": (
        lambda x: S.gammainc(1e4, x),
        lambda x: mp.exp(9999 * mp.log(x) - x - mp.loggamma(10000)),
        between(9700, 10300),
        1e-13,
    ),
    "rel_entr": (lambda x: S.rel_entr(x, 1.0), lambda x: mp.log(x) + 1, small(-300, -1), 1e-15),
    "kl_div": (lambda x: S.kl_div(x, 1.0), mp.log, np.r_[1 + scattered(-12, -1), small(-300, 300)], 1e-15),
    "kl_div_by_y": (lambda y: S.kl_div(1.0, y), lambda y: 1 - 1 / y, np.r_[1 + scattered(-12, -1), small(-300, 300)], 1e-15),
    "pseudo_huber": (
        lambda d: S.pseudo_huber(d, 1.0),
        lambda d: 2 * d * (mp.sqrt(1 + 1 / d**2) - 1) - 1 / (d * mp.sqrt(1 + 1 / d**2)),
        small(-8, 8),
        2e-15,
    ),
    "boxcox_by_lambda": (
        lambda power: S.boxcox(3.0, power),
        lambda t: (mp.mpf(3) ** t * mp.log(3) - (mp.mpf(3) ** t - 1) / t) / t,
        np.r_[scattered(-9, 0.5), between(-3, 3)],
        5e-15,
    ),
    "inv_boxcox_by_lambda": (
        lambda power: S.inv_boxcox(2.0, power),
        lambda t: (1 + 2 * t) ** (1 / t) * (2 / (t * (1 + 2 * t)) - mp.log(1 + 2 * t) / t**2),
        small(-8, 1),
        2e-14,
    ),
}


@pytest.mark.parametrize("name", TAILS)
def test_precision_in_the_tails(name: str) -> None:
    """Breaks if a partial overflows, cancels or turns NaN anywhere in the domain: mpmath knows it to 50 digits."""
    f, truth, points, allowed = TAILS[name]
    points = np.asarray(points)
    ours = ad.jvp(f, points, np.ones_like(points))[1]
    with mp.workdps(60 if name == "erfcx" else 50):
        for x, found in zip(points.tolist(), ours.tolist(), strict=True):
            wanted = truth(mp.mpf(x))
            if abs(wanted) > 1e-300:
                assert abs(found - wanted) <= allowed * abs(wanted), (x, found, float(wanted))
            else:
                assert abs(found) <= 1e-300


# ---- limits and degenerate points


LIMITS = [
    (S.expit, 800.0, 0.0),
    (S.expit, -800.0, 0.0),
    (S.log_expit, 800.0, 0.0),
    (S.log_expit, -800.0, 1.0),
    (S.logit, 0.0, INF),
    (S.logit, 1.0, INF),
    (S.erfinv, 1.0, INF),
    (S.erfinv, -1.0, INF),
    (S.erfcinv, 0.0, -INF),
    (S.erfcinv, 2.0, -INF),
    (S.ndtri, 0.0, INF),
    (S.ndtri, 1.0, INF),
    (S.erf, INF, 0.0),
    (S.erfcx, INF, 0.0),
    (S.log_ndtr, 50.0, 0.0),
    (S.entr, 0.0, INF),
    (S.entr, -1.0, NAN),
    (lambda x: S.xlogy(x, 2.0), 0.0, np.log(2.0)),
    (lambda x: S.xlogy(x, 0.0), 0.0, -INF),
    (lambda y: S.xlogy(0.0, y), 0.0, 0.0),
    (lambda y: S.xlog1py(0.0, y), -1.0, 0.0),
    (lambda x: S.rel_entr(x, 0.5), 0.0, -INF),
    (lambda x: S.rel_entr(x, 0.0), 0.0, 0.0),
    (lambda y: S.rel_entr(0.0, y), 0.0, 0.0),
    (lambda x: S.kl_div(x, 0.0), 0.0, 0.0),
    (lambda y: S.kl_div(0.0, y), 0.0, 1.0),
    (S.j1, 0.0, 0.5),
    (S.i1, 0.0, 0.5),
    (S.i1e, 0.0, 0.5),
    (S.i0e, 0.0, 0.0),
    (S.exprel, 0.0, 0.5),
    (lambda r: S.huber(1.0, r), 1.0, 1.0),
    (lambda r: S.pseudo_huber(0.0, r), 0.0, 0.0),
    (lambda d: S.pseudo_huber(d, 0.0), 0.0, 0.0),
    (lambda power: S.boxcox(2.0, power), 0.0, np.log(2.0) ** 2 / 2),
    (lambda power: S.boxcox(0.0, power), 2.0, 0.25),
    (lambda power: S.inv_boxcox(2.0, power), 0.0, -2.0 * np.exp(2.0)),
    (lambda x: S.gammainc(1.0, x), 0.0, 1.0),
    (lambda x: S.gammainc(2.0, x), 0.0, 0.0),
    (lambda x: S.gammainc(0.5, x), 0.0, INF),
    (lambda x: S.gammainc(50.0, x), 0.0, 0.0),
    (lambda x: S.betainc(1.0, 1.0, x), 0.0, 1.0),
]


@pytest.mark.parametrize("name", TAILS)
def test_symbolic_precision_in_the_tails(name: str) -> None:
    """Breaks if a closed form is evaluated where it cancels or overflows: SymPy's own derivative, and mpmath's."""
    f, truth, points, allowed = TAILS[name]
    points = np.unique(np.asarray(points))
    for x in [*points[:: max(1, points.size // 5)].tolist(), float(points[-1])]:
        with mp.workdps(60):
            wanted = truth(mp.mpf(x))
        if 1e-300 < abs(wanted) < 1e300:
            assert abs(ad.differentiate(f, x, method="symbolic") - wanted) <= max(allowed, 1e-15) * abs(wanted), x


@tracing_modes
@pytest.mark.parametrize(("f", "x", "wanted"), LIMITS)
def test_limits(f: Any, x: float, wanted: float, method: str) -> None:
    """Breaks if an end of a domain gives another value than the documented one, for a number or in an array."""
    np.testing.assert_allclose(ad.differentiate(f, x, method=method), wanted, rtol=1e-14)
    np.testing.assert_allclose(ad.jacobian(f, np.array([x]), method=method), [[wanted]], rtol=1e-14)


def test_second_derivatives_at_limits() -> None:
    """Breaks if a guard at a point hides what lies beside it from the second derivative."""
    for f, x, wanted in [
        (S.erfinv, 0.0, 0.0),
        (S.ndtri, 0.5, 0.0),
        (S.log_ndtr, 0.0, -2 / np.pi),
        (S.j1, 0.0, 0.0),
        (S.exprel, 0.0, 1 / 3),
    ]:
        for method in TRACING_MODES:
            assert_close(ad.hessian(f, x, method=method), wanted, 1e-14)
    mixed = ad.hessian(lambda x: S.xlogy(x[0], x[1]), [0.0, 2.0])
    assert_close(mixed, [[0.0, 0.5], [0.5, 0.0]], 1e-15)


@pytest.mark.parametrize("f", [S.erf, S.erfcx, S.gammaln, S.j0, S.expit, S.log_ndtr, S.ndtri], ids=lambda f: f.__name__)
def test_third_derivatives(f: Any) -> None:
    """Breaks if the partial of a partial cannot be differentiated again."""
    wanted = numerical_jacobian(lambda x: ad.hessian(f, x), 0.4, step=5e-3)
    for outer in EXACT_MODES:
        for inner in EXACT_MODES:
            assert_close(ad.differentiate(lambda x, m=inner: ad.hessian(f, x, method=m), 0.4, method=outer), wanted, 1e-7)


# ---- the stand-ins


STAND_IN_CASES = [
    case(stand_ins.logsumexp, V),
    case(stand_ins.logsumexp, M, axis=0),
    case(stand_ins.logsumexp, M, axis=-1, keepdims=True),
    case(stand_ins.logsumexp, T, axis=(0, 2)),
    case(stand_ins.logsumexp, T, (0, 1), keepdims=True),
    case(stand_ins.logsumexp, np.array(0.7)),
    case(stand_ins.logsumexp, M, b=np.abs(M) + 0.5),
    case(stand_ins.logsumexp, M, 1, np.array([1.0, 2.0, 0.5])),
    case(stand_ins.logsumexp, M, axis=0, b=np.array([[1.0], [-0.2]]), return_sign=True),
    case(stand_ins.softmax, V),
    case(stand_ins.softmax, M, axis=0),
    case(stand_ins.softmax, T, (0, 2)),
    case(stand_ins.log_softmax, V),
    case(stand_ins.log_softmax, M, axis=-1),
    case(stand_ins.log_softmax, T, axis=(0, 2)),
    case(stand_ins.polygamma, 0, P),
    case(stand_ins.polygamma, 2, P),
    case(stand_ins.polygamma, np.array([0, 1, 3]), P),
    case(stand_ins.multigammaln, P + 2.0, 3),
    case(stand_ins.comb, P + 3.0, np.array([0.5, 1.2, 2.0])),
    case(stand_ins.comb, P + 3.0, 2, repetition=True),
    case(stand_ins.perm, P + 3.0, 2),
    case(stand_ins.factorial, P),
]


@pytest.mark.parametrize("case", STAND_IN_CASES)
def test_stand_ins(case: Any) -> None:
    """Breaks if a stand-in is not SciPy's function, or its derivatives are wrong."""
    for check in (check_value, check_first_order, check_seeds, check_second_order):
        check(case)


def test_stand_ins_are_scipys_for_plain_arrays() -> None:
    """Breaks if a name of SciPy is missing from the module that replaces it, or a plain call is another one."""
    assert frozenset(stand_ins.__all__) == failures.STAND_INS
    assert stand_ins.expit is S.expit
    np.testing.assert_array_equal(stand_ins.logsumexp(M, axis=0, b=2.0), S.logsumexp(M, axis=0, b=2.0))
    np.testing.assert_array_equal(stand_ins.softmax([1, 2]), S.softmax([1, 2]))
    assert stand_ins.comb(5, 2, exact=True) == 10
    with pytest.raises(AttributeError):
        stand_ins.no_such_function  # noqa: B018 - the access is what is tested


@exact_modes
def test_degenerate_sums_of_exponentials(method: str) -> None:
    """Breaks if infinite elements give NaN, or a weight of 0 does not switch its element off."""
    f = stand_ins.logsumexp
    for x, wanted in [
        ([-INF, -INF], [0.5, 0.5]),
        ([INF, 1.0, INF], [0.5, 0.0, 0.5]),
        ([-INF, 3.0], [0.0, 1.0]),
        ([1e4, 0.0], [1.0, 0.0]),
        ([-1e4, -1e4], [0.5, 0.5]),
    ]:
        np.testing.assert_array_equal(ad.gradient(f, x, method=method), wanted)
    weighted = ad.gradient(lambda x: f(x, b=np.array([0.0, 2.0])), [INF, 1.0], method=method)
    np.testing.assert_array_equal(weighted, [0.0, 1.0])
    found = ad.jacobian(stand_ins.log_softmax, [1000.0, 1.0], method=method)
    np.testing.assert_array_equal(found, [[0.0, 0.0], [-1.0, 1.0]])
    assert ad.jacobian(stand_ins.softmax, np.zeros((2, 2), np.float32), method=method).dtype == np.float32
    assert ad.jacobian(f, np.zeros(3, np.float32), method=method).dtype == np.float32


def test_batches_and_lists() -> None:
    """Breaks if arrays of more axes, strides, or a list of traced numbers are read otherwise than by NumPy."""
    check_array_function(lambda x: stand_ins.logsumexp(x[::2, ::-1].T, axis=0), RNG.normal(size=(4, 3)))
    check_array_function(lambda x: stand_ins.logsumexp([x[0], 2.0 * x[1], 1.0]), V)
    check_array_function(lambda x: stand_ins.softmax([x[0], x[1] * x[2]]), V)


# ---- refusals


@exact_modes
@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: S.jv(x, 2.0), ["scipy.special.jv", "parameter v", "constant"]),
        (lambda x: S.gammainc(x, x), ["scipy.special.gammainc", "parameter a"]),
        (lambda x: S.betainc(1.0, x, 0.5), ["scipy.special.betainc", "parameter b"]),
        (lambda x: S.zeta(x, 2.0), ["zeta", "parameter s"]),
        (lambda x: stand_ins.polygamma(x, 2.0), ["scipy.special.polygamma", "parameter n"]),
        (lambda x: S.ellipk(x), ["scipy.special.ellipk", "admodes.rules.elementwise(scipy.special.ellipk"]),
        (lambda x: S.zeta(x + 1.0), ["scipy.special._riemann_zeta"]),
        (lambda x: S.logsumexp(x), ["scipy.special.logsumexp", "from admodes.special import logsumexp"]),
        (lambda x: S.log_softmax(x), ["from admodes.special import log_softmax"]),
        (lambda x: S.polygamma(1, x), ["from admodes.special import polygamma"]),
        (lambda x: S.factorial(x), ["from admodes.special import factorial"]),
        (lambda x: S.expit(x, where=x > 1), ["scipy.special.expit"]),
        (lambda x: stand_ins.comb(x, 2, exact=True), ["exact=True"]),
        (lambda x: stand_ins.factorial(x, extend="complex"), ["extend='complex'"]),
    ],
)
def test_refusals_name_the_cure(f: Any, words: list[str], method: str) -> None:
    """Breaks if a derivative that nobody knows is zero, or its refusal does not say what and why."""
    with pytest.raises(MissingRuleError) as caught:
        ad.jacobian(f, np.array([0.5, 0.6]), method=method)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@exact_modes
def test_parameters_may_be_locally_constant(method: str) -> None:
    """Breaks if an order that was made of x by rounding is refused, or its value is not the one at x."""
    found = ad.gradient(lambda x: S.jv(np.round(x[0]), x[1]) + S.jv([1, 2], x[1]).sum(), [2.2, 1.3], method=method)
    assert_close(found, [0.0, S.jvp(2, 1.3) + S.jvp(1, 1.3) + S.jvp(2, 1.3)], 1e-14)
    assert ad.gradient(lambda x: S.expit(np.floor(x)) + x, 1.5, method=method) == 1.0


@exact_modes
def test_scipys_own_softmax_and_others_that_need_no_rule(method: str) -> None:
    """Breaks if what SciPy's ordinary functions happen to do right on arrays of traced numbers goes wrong."""
    for f in (S.softmax, S.sinc, S.softplus):
        assert_close(ad.jacobian(f, V, method=method), numerical_jacobian(f, V), 1e-9)


def test_errors_of_scipy_stay_scipys() -> None:
    """Breaks if a wrong call of plain arrays inside a traced f is taken for a missing rule."""
    with pytest.raises(ValueError, match="axis"):
        ad.gradient(lambda x: np.sum(x) + S.logsumexp(np.ones(2), axis=7), V)
    with pytest.raises(ValueError, match="not met"):
        ad.gradient(lambda a: stand_ins.multigammaln(a, 3), 0.5)
    with pytest.raises(ValueError, match="axis"):
        ad.gradient(lambda x: stand_ins.logsumexp(x, axis=7), V)


def test_the_switch_of_scipy_is_named() -> None:
    """Breaks if SciPy's experimental switch, under which it converts every argument, leaves its user without the cure."""
    code = (
        "import os\nos.environ['SCIPY_ARRAY_API'] = '1'\nimport admodes as ad, scipy.special\n"
        "try:\n    ad.gradient(scipy.special.expit, 0.5)\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )
    said = run(code)
    assert said.startswith("MissingRuleError scipy.special.expit")
    assert "SCIPY_ARRAY_API" in said


@pytest.mark.parametrize("method", ["auto", "forward", "reverse"])
def test_second_derivatives_at_the_ends(method: str) -> None:
    """Breaks if the end of an inverse, where the slope is infinite, is taken for a constant."""
    for function, x, wanted in (
        (S.erfinv, 1.0, np.inf),
        (S.erfinv, -1.0, -np.inf),
        (S.erfcinv, 0.0, np.inf),
        (S.erfcinv, 2.0, -np.inf),
        (S.ndtri, 0.0, -np.inf),
        (S.ndtri, 1.0, np.inf),
    ):
        assert ad.hessian(function, x, method=method) == wanted
