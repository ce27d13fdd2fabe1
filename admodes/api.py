"""The operators. Each reads its arguments, asks one differentiator, and arranges the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .differentiator import Differentiator
from .function import Function, Leaves, ScalarFunction
from .methods import find_differentiator
from .sparsity import sparse_gradient, sparse_hessian, sparse_jacobian

Method = str | Differentiator
Arguments = Sequence[Any]
Argnums = int | Sequence[int]


def differentiate(f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0) -> Any:
    """The derivative of f at x, whatever f's shape.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` in plain NumPy.
    x : array_like or container
        Where to differentiate; integers become float64, float32 stays.
    method : str or Differentiator
        "finite", "symbolic", "forward", "reverse", "complex", "auto" (forward or reverse, by shape), the name of
        another package's differentiator, or an object such as ``CentralDifferences(order=4)``.
    args : tuple
        Further positional arguments of f.
    argnums : int or tuple of int
        Which of ``(x, *args)`` to differentiate by; a tuple gives a tuple.

    Returns
    -------
    ndarray, NumPy scalar or container
        Of shape ``f(x).shape + x.shape``; for containers the output's structure outside, x's inside.

    Raises
    ------
    InputError, OutputError
        x or f(x) is nothing that has a derivative.
    MissingRuleError, TracedValueError
        f does something that would lose its derivative; the message says what to write instead.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.differentiate(lambda x: x**2, np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return find_differentiator(method).differentiate(f, x, args=args, argnums=argnums)


def value_and_gradient(
    f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0
) -> tuple[Any, Any]:
    """f(x), a number, and its gradient at x from one pass.

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`; f must be scalar.

    Returns
    -------
    value : NumPy scalar
    gradient : ndarray, NumPy scalar or container
        Of x's shape and structure.

    Raises
    ------
    ShapeError
        f(x) is not of shape ().

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> value, gradient = ad.value_and_gradient(lambda x: np.sum(x**2), np.array([1.0, 2.0]))
    >>> print(value, gradient)
    5.0 [2. 4.]
    """
    differentiator, function = find_differentiator(method), ScalarFunction(f, x, args, argnums)
    function.operator = "value_and_gradient"
    outputs, blocks = differentiator.jacobian(function)
    return function.as_output_tree(outputs), function.as_input_tree(blocks[0])


def gradient(
    f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0, sparse: Any = False
) -> Any:
    """The gradient of a scalar function.

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`; f must be scalar.
    sparse : bool
        Compute and return only those rows of x that f reads (a table of vectors, of which it looks up a few).

    Returns
    -------
    ndarray, NumPy scalar or container
        Of x's shape and structure; with `sparse` a `SparseRows` (rows, values, shape) in place of each array.

    Raises
    ------
    ShapeError
        f(x) is not of shape ().

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.gradient(lambda x: np.sum(np.sin(x)), np.zeros(3))
    array([1., 1., 1.])
    """
    if sparse is not False and sparse is not np.False_:
        return sparse_gradient(f, x, find_differentiator(method), args, argnums, sparse)
    differentiator, function = find_differentiator(method), ScalarFunction(f, x, args, argnums)
    return function.as_input_tree(differentiator.derivative(function)[0])


def jacobian(
    f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0, sparse: Any = False
) -> Any:
    """The Jacobian of f at x: as `differentiate`, by the name for functions of several outputs.

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`.
    sparse : bool, sparse matrix or array
        True finds out which entries may be other than zero and takes few sweeps for all of them; or give that pattern,
        of shape (size of f(x), size of x), which one random direction then verifies. See ``docs/sparsity.md``.

    Returns
    -------
    ndarray, NumPy scalar or container
        Of shape ``f(x).shape + x.shape``; with `sparse` a ``scipy.sparse.csr_array`` of shape (size of f(x), size of x),
        whatever their shapes: the leaves of containers one after the other, each in C order.

    Raises
    ------
    SparsityError
        The pattern leaves out an entry that is not zero.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.jacobian(lambda x: np.array([x[0] * x[1], x[0]]), [2.0, 3.0])
    array([[3., 2.],
           [1., 0.]])
    >>> ad.jacobian(np.sin, np.zeros(100_000), sparse=True).nnz
    100000
    """
    if sparse is not False and sparse is not np.False_:
        return sparse_jacobian(Function(f, x, args, argnums), find_differentiator(method), sparse)
    return differentiate(f, x, method, args=args, argnums=argnums)


def value_and_jacobian(
    f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0
) -> tuple[Any, Any]:
    """f(x) and its Jacobian at x.

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`.

    Returns
    -------
    value : ndarray, NumPy scalar or container
    jacobian : ndarray, NumPy scalar or container
        Of shape ``f(x).shape + x.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.value_and_jacobian(lambda x: x * x, np.array([3.0]))
    (array([9.]), array([[6.]]))
    """
    differentiator, function = find_differentiator(method), Function(f, x, args, argnums)
    outputs, blocks = differentiator.jacobian(function)
    return function.as_output_tree(outputs), function.assemble(blocks)


def jvp(
    f: Callable[..., Any], x: Any, v: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0
) -> tuple[Any, Any]:
    """f(x) and the Jacobian times v, the derivative along v ("auto": forward mode).

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`.
    v : array_like or container
        The direction, of x's shape and structure; or k directions on one leading axis.

    Returns
    -------
    value : ndarray, NumPy scalar or container
    tangent : ndarray, NumPy scalar or container
        Of f(x)'s shape, behind the leading axis of v if it has one.

    Raises
    ------
    ShapeError
        v does not fit x.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.jvp(np.sin, np.array([0.0, 1.0]), np.array([1.0, 0.0]))[1]
    array([1., 0.])
    """
    function = Function(f, x, args, argnums)
    tangents, single = _seeded(function.flatten_like_inputs(v, "v"), function.inputs)
    outputs, pushed = find_differentiator(method).jvp(function, tangents)
    return function.as_output_tree(outputs), function.as_output_tree(_unseeded(pushed, single))


def vjp(
    f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0
) -> tuple[Any, Callable[[Any], Any]]:
    """f(x) and the pullback: a function of w that returns w times the Jacobian ("auto": reverse mode).

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`.

    Returns
    -------
    value : ndarray, NumPy scalar or container
    pullback : callable
        ``pullback(w)`` with w of f(x)'s shape and structure, or k of them on one leading axis,
        returns a cotangent of x's shape behind that axis. It may be called any number of times.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> value, pullback = ad.vjp(np.sin, np.array([0.0, 1.0]))
    >>> pullback(np.array([2.0, 0.0]))
    array([2., 0.])
    """
    function = Function(f, x, args, argnums)
    outputs, pull = find_differentiator(method).vjp(function)
    shapes = [np.shape(output) if not hasattr(output, "shape") else output.shape for output in outputs]

    def pullback(w: Any) -> Any:
        cotangents, single = _seeded(function.flatten_like_outputs(w, shapes, "w"), outputs)
        return function.as_input_tree(_unseeded(pull(cotangents), single))

    return function.as_output_tree(outputs), pullback


def hessian(
    f: Callable[..., Any], x: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0, sparse: Any = False
) -> Any:
    """The matrix of second derivatives of a scalar function ("auto": forward over reverse).

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`; f must be scalar. "forward" and "reverse" nest themselves, "finite" uses
        a second-order stencil, "symbolic" differentiates twice, "complex" steps reverse mode's gradient.
    sparse : bool, sparse matrix or array
        As for `jacobian`.

    Returns
    -------
    ndarray, NumPy scalar or container
        Of shape ``x.shape + x.shape``; with `sparse` a ``scipy.sparse.csr_array`` of shape (size of x, size of x).

    Raises
    ------
    ShapeError
        f(x) is not of shape ().
    SparsityError
        The pattern leaves out an entry that is not zero.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.hessian(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    function = ScalarFunction(f, x, args, argnums)
    function.operator = "hessian"
    if sparse is not False and sparse is not np.False_:
        return sparse_hessian(function, find_differentiator(method), sparse)
    _, blocks = find_differentiator(method).hessian(function)
    return function.as_input_tree([function.as_input_tree(row) for row in blocks])


def hvp(f: Callable[..., Any], x: Any, v: Any, method: Method = "auto", *, args: Arguments = (), argnums: Argnums = 0) -> Any:
    """The Hessian of a scalar function times v, without the Hessian ("auto": forward over reverse).

    Parameters
    ----------
    f, x, method, args, argnums
        As for `differentiate`; f must be scalar.
    v : array_like or container
        Of x's shape and structure; or k directions on one leading axis.

    Returns
    -------
    ndarray, NumPy scalar or container
        Of x's shape, behind the leading axis of v if it has one.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 2.])
    """
    function = ScalarFunction(f, x, args, argnums)
    function.operator = "hvp"
    tangents, single = _seeded(function.flatten_like_inputs(v, "v"), function.inputs)
    return function.as_input_tree(_unseeded(find_differentiator(method).hvp(function, tangents), single))


def _seeded(leaves: Leaves, like: Sequence[Any]) -> tuple[Leaves, bool]:
    """Tangents with their leading axis of seeds, and whether we put it there."""
    single = all(leaf.ndim == np.ndim(template) for leaf, template in zip(leaves, like, strict=True))
    return ([leaf.reshape((1, *leaf.shape)) for leaf in leaves] if single else leaves), single


def _unseeded(leaves: Sequence[Any], single: bool) -> Leaves:
    return [leaf[0] for leaf in leaves] if single else list(leaves)
