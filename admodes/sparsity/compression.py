"""Sparse derivatives: a pattern, a plan of few seeds, the sweeps, and a random seed beside them that verifies all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..differentiator import Differentiator, GradientFunction, chunk_size
from ..errors import TracedValueError, UnsupportedError
from ..function import Function
from ..reverse import Linearization, Reverse, linearize
from .colouring import UNCOLOURED, Plan, plan_both, plan_columns, plan_rows, plan_symmetric
from .pattern import detect, given_pattern, scipy_sparse
from .products import Products, SecondProducts
from .verification import Trial, random_seed, verify

Planner = Callable[[Any], Plan]


def sparse_jacobian(function: Function, differentiator: Differentiator, sparse: Any = True) -> Any:
    """The Jacobian as a csr_array of shape (size of f(x), size of x).

    Parameters
    ----------
    function : Function
    differentiator : Differentiator
        One that supplies jvp, vjp or both.
    sparse : True, sparse matrix or array
        True: the pattern is found. Else it is the pattern.

    Raises
    ------
    UnsupportedError
        The way of differentiating has no products with single seeds, or x is itself traced.
    SparsityError
        f depends on an input that the pattern leaves out.
    """
    _refuse(function, differentiator, "jacobian")
    sparse = True if sparse is np.True_ else sparse
    linear = _recorded(function) if sparse is True else None
    products = Products(function, differentiator, linear)
    planner = plan_both if products.pushes and products.pulls else plan_columns if products.pushes else plan_rows
    return _found(products, sparse, planner)


def sparse_hessian(function: Function, differentiator: Differentiator, sparse: Any = True) -> Any:
    """The Hessian of a scalar function as a csr_array of shape (size of x, size of x); see `sparse_jacobian`."""
    _refuse(function, differentiator, "hessian")
    sparse = True if sparse is np.True_ else sparse
    linear = _recorded(GradientFunction(Reverse(), function)) if sparse is True else None
    return _found(SecondProducts(function, differentiator, linear), sparse, plan_symmetric)


def _refuse(function: Function, differentiator: Differentiator, operator: str) -> None:
    scipy_sparse()
    kind = type(differentiator)
    if kind.jvp is Differentiator.jvp and kind.vjp is Differentiator.vjp:
        raise UnsupportedError(
            f"{differentiator.name} makes whole matrices, dense ones, and no products with single seeds, of which sparse= needs "
            f"few: write method='auto', or `{operator}` without sparse=."
        )
    if function.nested:
        raise UnsupportedError(
            "A sparse matrix of traced values cannot be made: SciPy's arrays hold numbers. Inside of another derivative use "
            f"`{operator}` without sparse=, or `jvp` and `vjp`."
        )


def _recorded(function: Function) -> Linearization:
    try:
        return linearize(function)
    except TracedValueError as error:
        error.add_note("sparse=True reads the pattern off a traced run of f, by every method; sparse=pattern does without.")
        raise


def _found(products: Products, sparse: Any, planner: Planner) -> Any:
    """The matrix, verified."""
    given = products.linear is None
    if products.linear is None:
        matrix, used_zeros = given_pattern(sparse, products.function.input_size), False
    else:
        matrix, used_zeros = detect(products.linear)
    found, trial = _compressed(products, matrix, planner(matrix))
    if used_zeros and not (np.isfinite(found.data).all() and np.isfinite(trial.product).all()):
        # A constant 0 times an infinite derivative is no zero.
        matrix, _ = detect(products.linear, zeros=False)  # type: ignore[arg-type]
        found, trial = _compressed(products, matrix, planner(matrix))
    verify(products, found, trial, given=given)
    return found


def _compressed(products: Products, matrix: Any, plan: Plan) -> tuple[Any, Trial]:
    """The matrix of that pattern, by the seeds of the plan; one random seed goes along with the first kind of them."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    columns = matrix.indices
    data = np.zeros(len(columns), products.dtype)
    forward = plan.pushes > 0 or (plan.pulls == 0 and products.pushes)
    seed = random_seed(matrix.shape[1 if forward else 0], products.dtype)
    pulled = plan.rows[rows] != UNCOLOURED
    products.rows, product = matrix.shape[0], None
    if forward:
        entries = np.flatnonzero(~pulled)
        product = _fill(products, products.push, plan.columns, seed, (data, entries, columns[entries], rows[entries]))
    if plan.pulls or not forward:
        entries = np.flatnonzero(pulled)
        extra = None if forward else seed
        other = _fill(products, products.pull, plan.rows, extra, (data, entries, rows[entries], columns[entries]))
        product = product if forward else other
    found = scipy_sparse().csr_array((data, columns, matrix.indptr), shape=matrix.shape)
    return found, Trial(seed, np.asarray(product), forward)


def _fill(products: Products, product: Callable[..., Any], colours: np.ndarray, seed: Any, target: Any) -> Any:
    """Put the entries of all colours into `data`; returns the product with `seed`.

    Entry ``entries[i]`` is found by the seed of the colour of ``sources[i]``, at place ``places[i]`` of its product.
    """
    data, entries, sources, places = target
    wanted = colours[sources]
    count = int(colours.max(initial=UNCOLOURED)) + 1
    total, start = count + (seed is not None), 0
    found = None
    while start < total:
        stop = min(total, start + chunk_size(total, max(products.largest, len(colours))))
        seeds = np.asarray(colours == np.arange(start, stop)[:, None], products.dtype)
        if stop > count:
            seeds[-1] = seed
        swept = product(seeds)
        now = slice(None) if stop - start >= count else (start <= wanted) & (wanted < stop)
        data[entries[now]] = swept[wanted[now] - start, places[now]]
        found = swept[-1] if stop > count else None
        start = stop
    return found
