"""What a row counts: units in the last place, operations of whole derivatives, memory; and ratios of times that hold."""

import gc
import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

import admodes as ad
from admodes import differentiator
from admodes.forward import Forward
from admodes.measure import DENSE_LAYER, ROSENBROCK, cost
from admodes.measure.accuracy import Derivative, measure_error
from admodes.measure.cost import Candidate, ratio_interval, sample_interleaved
from admodes.measure.counting import CallCounter
from admodes.measure.footprint import peak_bytes
from admodes.measure.subject import Subject
from admodes.measure.trials import Effort, measure
from admodes.recording import count_derivative
from admodes.rows import Timing
from admodes.symbolic import symbolic_derivative

LEAST = Effort(rounds=1, sample_seconds=1e-9)


def ulp(found, reference):
    return measure_error(Derivative.of(found, "derivative"), Derivative.of(reference, "reference")).ulp


def rows(f, x, *methods, operator="differentiate", effort=LEAST):
    return {row.method: row for row in measure(Subject.at(f, x, operator=operator), {m: m for m in methods}, effort)}


# Units in the last place


@pytest.mark.parametrize("places", [0, 1, 3, 1000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_planted_places_are_found(places, dtype):
    """Breaks if errors of float32 are counted in places of float64, or another component is the worst."""
    exact = np.array([1.5, -3e-7, 6e9], dtype)
    off = exact.copy()
    off[1] -= places * abs(np.spacing(exact[1]))
    assert ulp(off, exact.astype(float)) == places


@pytest.mark.parametrize(
    ("found", "reference", "places"),
    [
        ([np.spacing(4.0), 4.0], [0.0, 4.0], 1),
        ([2 * np.spacing(1.0), 0.0], [0.0, 0.0], 2),
        ([np.inf, 1.0], [np.inf, 1.0], 0),
        ([1.0, 1.0], [np.inf, 1.0], math.inf),
        ([np.inf, 1.0], [1.0, 1.0], math.inf),
        ([np.nan, 1.0], [1.0, 1.0], math.nan),
        ([], [], 0),
        ({"a": np.float32(1.0), "b": 1.0 + np.spacing(1.0)}, {"a": 1.0, "b": 1.0}, 1),
        ([5e-324, 1.0], [1e-323, 1.0], 1),
    ],
    ids=["zero", "all zero", "infinite", "should be", "is", "NaN", "empty", "mixed", "subnormal"],
)
def test_places_at_the_edges(found, reference, places):
    """Breaks if a zero, an infinity or NaN in the reference makes the count meaningless, or raises."""
    assert ulp(found, reference) == pytest.approx(places, nan_ok=True)


def test_places_are_in_the_row():
    row = ad.compare(np.sin, 0.5, ["forward"], reference=np.cos, rounds=1)["forward"]
    assert 0 <= row.ulp <= 1


# Operations


@pytest.mark.parametrize(("n", "m"), [(3, 5), (5, 3), (16, 16)])
def test_operations_of_a_dense_layer(n, m):
    """tanh(W x): a product with each seed, ``1 - out * out`` once, and one product with it for each seed."""
    found = rows(*DENSE_LAYER.at(n, m), "forward", "reverse", "finite", "complex")
    f = 2 * m * n
    assert {row.f_operations for row in found.values()} == {f}
    assert found["forward"].operations == f + n * m * (2 * n - 1) + 2 * m + n * m
    assert found["reverse"].operations == f + 2 * m + m * m + m * n * (2 * m - 1)
    assert found["finite"].operations == found["finite"].calls * f
    assert found["complex"].operations == n * f


@pytest.mark.parametrize("n", [10, 100])
def test_operations_of_rosenbrock(n):
    """Seven operations on each of N = n - 1 terms and their sum; three partials, eight tangents; eleven going back."""
    found = rows(*ROSENBROCK.at(n, 1), "forward", "reverse", "auto")
    terms = n - 1
    f = 8 * terms - 1
    assert found["reverse"].f_operations == f
    assert found["forward"].operations == f + 3 * terms + n * (9 * terms - 1)
    assert found["reverse"].operations == found["auto"].operations == f + 11 * terms


MATRIX = np.arange(35.0).reshape(5, 7)


def test_products_of_seeds_with_constants_are_work():
    """Breaks if a sweep of a linear function, in which nothing depends on x, counts nothing."""
    f, x = (lambda x: MATRIX @ x), np.ones(7)
    assert count_derivative(lambda z: ad.jacobian(f, z, "forward"), x) == 5 * 13 * (1 + 7)
    assert count_derivative(lambda z: ad.jacobian(f, z, "reverse"), x) == 5 * 13 + 5 * 7 * 9
    assert count_derivative(lambda z: ad.jvp(f, z, np.ones(7), "forward")[1], x) == 2 * 5 * 13
    assert count_derivative(lambda z: ad.vjp(f, z, "reverse")[1](np.ones(5)), x) == 5 * 13 + 7 * 9


def test_sweeps_in_parts_are_counted_as_they_are_made(monkeypatch):
    """Breaks if many directions are counted as one sweep where memory makes it several, each with f in it."""
    monkeypatch.setattr(differentiator, "SWEEP_ELEMENTS", 14)
    counter = CallCounter(lambda x: MATRIX @ x)
    count = count_derivative(lambda z: ad.jacobian(counter, z, "forward"), np.ones(7))
    assert counter.calls > 1
    assert count == 5 * 13 * (counter.calls + 7)


def test_counting_leaves_results_as_they_are():
    """Breaks if seeds that are seen change what the derivative is."""
    f, x = ROSENBROCK.at(6, 1)
    for operator in (ad.gradient, ad.hessian):
        for method in ("forward", "reverse"):
            seen = []
            count_derivative(lambda z, run=operator, by=method, out=seen: out.append(run(f, z, by)) or out[0], x)
            value = seen[0]
            while not isinstance(value, np.ndarray):
                value = value.value
            np.testing.assert_array_equal(value, operator(f, x, method))


def test_operations_of_the_symbolic_mode_are_those_of_its_expressions():
    f, x = ROSENBROCK.at(5, 1)
    swell = symbolic_derivative(f, x).swell()
    row = rows(f, x, "symbolic")["symbolic"]
    assert (row.operations, row.symbolic_operations, row.symbolic_shared) == (
        swell.derivative_shared,
        swell.derivative,
        swell.derivative_shared,
    )
    assert rows(f, x, "symbolic", operator="jvp")["symbolic"].operations == swell.derivative_shared + 2 * 5 - 1
    assert rows(f, x, "symbolic", operator="hvp")["symbolic"].operations is None


def test_formulas_that_would_take_long_are_not_written_out():
    row = rows(*ROSENBROCK.at(50, 1), "symbolic")["symbolic"]
    assert row.symbolic_operations is None
    assert row.operations == row.symbolic_shared > 0


@pytest.mark.parametrize("operator", ["jvp", "vjp", "hvp", "hessian"])
def test_products_and_second_derivatives_are_counted(operator):
    found = rows(*ROSENBROCK.at(4, 1), "finite", "forward", "reverse", operator=operator)
    assert all(row.operations > row.f_operations for row in found.values())


def test_a_method_that_does_not_say_how_it_works_is_not_counted():
    """Breaks if the calls of a method that gives f something else than numbers are priced as calls with numbers."""

    class Silent(Forward):
        name = "silent"
        traces = False

    (row,) = measure(Subject.at(np.sin, 0.5), {"silent": Silent()}, LEAST)
    assert (row.calls, row.operations, row.status) == (1, None, "ok")


def test_second_derivatives_by_the_complex_step_are_not_priced_as_first_ones():
    assert rows(*ROSENBROCK.at(4, 1), "complex", operator="hvp")["complex"].operations is None


def test_two_runs_agree_in_all_but_time():
    """Breaks if a count, an error or the reference depends on the clock or on what ran before."""
    f, x = DENSE_LAYER.at(4, 3)
    first, second = (ad.compare(f, x, rounds=1) for _ in range(2))
    timed = dict.fromkeys(("ratio", "ratio_low", "ratio_high"), 0.0) | {"suspect": False, "peak_bytes": 0, "f_peak_bytes": 0}
    timed |= {"time": Timing(), "f_time": Timing(), "preparation": 0.0, "prepared": Timing()}
    bare = [[replace(row, **timed).to_dict() for row in found] for found in (first, second)]
    assert str(bare[0]) == str(bare[1])
    for one, other in zip(first, second, strict=True):
        assert one.peak_bytes == pytest.approx(other.peak_bytes, rel=0.05)


def test_the_exact_reference_is_decided_by_size():
    """Breaks if a slow machine measures against something else: a hundred inputs took about as long as the limit was."""
    f, x = ROSENBROCK.at(100, 1)
    assert ad.compare(f, x, ["finite", "forward"], rounds=1)["forward"].reference.startswith("exact expressions")


# Memory


@pytest.mark.parametrize("arrays", [1, 3])
def test_planted_arrays_are_seen(arrays):
    peak = peak_bytes(lambda: sum(len(one) for one in [np.ones(100_000) for _ in range(arrays)]), 10.0)
    assert peak == pytest.approx(800_000 * arrays, rel=0.05)


def test_what_was_there_before_and_what_is_freed_does_not_count():
    kept = np.ones(1_000_000)
    assert peak_bytes(lambda: [np.ones(100_000).sum() for _ in range(5)], 10.0) == pytest.approx(800_000, rel=0.05)
    assert kept.size


def test_watching_memory_leaves_the_process_as_it_was():
    """Breaks if a user's own trace is stopped, or the collector stays off."""
    tracemalloc.start()
    try:
        peak_bytes(list, 1.0)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    peak_bytes(list, 1.0)
    assert not tracemalloc.is_tracing()
    assert gc.isenabled()


def test_a_call_that_fails_has_no_peak():
    assert peak_bytes(lambda: 1 / 0, 1.0) is None


def test_memory_is_in_the_row():
    """f itself holds two arrays of 800 kB; forward mode carries 10 tangents of that size beside them."""

    def squares(x):
        held = np.outer(x, np.ones(10_000))
        return np.sum(held**2)

    found = rows(squares, np.ones(10), "forward", "reverse")
    assert found["forward"].f_peak_bytes == pytest.approx(1_600_000, rel=0.1)
    assert found["forward"].peak_bytes > 10 * 800_000 > found["reverse"].peak_bytes > 2 * 800_000


# Times


def interval_of(ratio, rounds):
    """The interval of rounds that all gave the same ratio."""
    factor = math.exp(math.hypot(math.log(1.5) / math.sqrt(rounds), math.log(1.18)))
    return ratio / factor, ratio * factor


def test_few_rounds_have_a_wide_interval():
    """Breaks if a ratio of one round, which shows no spread, passes for one that is known well."""
    widths = []
    for rounds in (1, 2, 4, 9):
        ratio, *interval = ratio_interval(Timing((6.0,) * rounds, 1), Timing((1.0,) * rounds, 1))
        assert interval == pytest.approx(interval_of(ratio, rounds))
        widths.append(interval[1] - interval[0])
    assert widths == sorted(widths, reverse=True)


def test_slow_spells_cancel_out_of_the_ratio():
    """Breaks if the ratio compares one's fast spell with the other's slow one."""
    spells = np.array([1.0, 2.0, 1.0, 2.0, 1.5, 1.0, 1.0, 2.0, 1.0])
    ratio, low, high = ratio_interval(Timing(tuple(6 * spells), 1), Timing(tuple(spells), 1))
    assert ratio == pytest.approx(6)
    assert (low, high) == pytest.approx(interval_of(6, rounds=9))


def test_a_burst_in_one_round_does_not_move_the_ratio():
    times = [6.0] * 8
    ratio, low, high = ratio_interval(Timing((*times, 60.0), 1), Timing((1.0,) * 9, 1))
    assert ratio == pytest.approx(6)
    assert (low, high) == pytest.approx(interval_of(6, rounds=9))


def test_an_interruption_within_a_sample_does_not_count(monkeypatch):
    """Breaks if a sample is the mean of its parts: the clock jumps by a second in one of them."""
    clock = [0.0]
    monkeypatch.setattr(cost, "perf_counter", lambda: clock[0])
    calls = []

    def run():
        calls.append(1)
        clock[0] += 1.0 if len(calls) == 4 else 0.001

    timing = sample_interleaved({"f": Candidate(run, 0.001, 100.0, 100.0)}, rounds=1, sample_seconds=0.0105)["f"]
    assert len(calls) == timing.number == 11
    assert timing.samples == pytest.approx((0.001,))


def test_a_method_that_is_faster_than_its_calls_is_suspect():
    """Breaks if a method that calls f while it is counted and remembers the answer when it is timed goes unnoticed."""

    class Remembering(Forward):
        name = "remembering"

        def jacobian(self, function):
            if isinstance(function.f, CallCounter):
                for _ in range(10_000):
                    function.plain(function.inputs)
            return super().jacobian(function)

    found = ad.compare(lambda x: np.sum(np.sin(x)), np.ones(3), [Remembering()], reference=np.cos, rounds=3)
    assert found["remembering"].calls == 10_001
    assert found["remembering"].suspect
    assert "(suspect)" in str(found)
    assert "suspect: less than its calls of f" in found.recommendation.reason


def test_a_cell_calls_the_derivative_a_few_times():
    """Breaks if measuring takes more passes: first call, calls of f, operations, a sample, memory."""
    called = []

    class Watched(Forward):
        name = "watched"

        def jacobian(self, function):
            called.append(1)
            return super().jacobian(function)

    measure(Subject.at(np.sin, 0.5), {"watched": Watched()}, LEAST, reference=np.cos)
    assert len(called) == 5
