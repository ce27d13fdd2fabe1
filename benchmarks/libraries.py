"""How each library is asked for the same derivative: a workload and its inputs become a call without arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from .workloads import Workload

Call = Callable[[], Any]


def leaves_of(tree: Any) -> list[Any]:
    """The leaves of tuples, lists and dicts (by sorted key), in one order for every library."""
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves_of(tree[key])]
    if isinstance(tree, (tuple, list)):
        return [leaf for item in tree for leaf in leaves_of(item)]
    return [tree]


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` of tuples and dicts with `function` applied to each leaf."""
    if isinstance(tree, dict):
        return {key: map_leaves(function, item) for key, item in tree.items()}
    if isinstance(tree, tuple):
        return tuple(map_leaves(function, item) for item in tree)
    return function(tree)


def arguments_of(workload: Workload, inputs: Sequence[Any]) -> Any:
    """The arguments to differentiate by: one, or a tuple."""
    numbers = workload.argnums
    return inputs[numbers] if isinstance(numbers, int) else tuple(inputs[i] for i in numbers)


def primal_call(workload: Workload, inputs: Sequence[Any]) -> Call:
    """The function itself in plain NumPy."""
    f = workload.maker(np)
    return lambda: f(*inputs)


def by_hand_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """The function and its gradient written by hand; the gradient is what it returns."""
    if workload.by_hand is None:
        return None
    f, gradient = workload.maker(np), workload.by_hand(np)

    def call() -> Any:
        f(*inputs)
        return gradient(*inputs)

    return call


def admodes_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """`ad.gradient`, `ad.jacobian` or `ad.hessian`, from scratch at each call."""
    import admodes as ad

    operator = getattr(ad, workload.operator)
    f, x, args = workload.maker(np), inputs[0], tuple(inputs[1:])
    method, argnums = workload.method, workload.argnums
    return lambda: operator(f, x, method=method, args=args, argnums=argnums)


def autograd_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """`grad`, `jacobian`, `hessian`; a forward Jacobian is its `make_jvp`, one column after the other."""
    autograd = import_module("autograd")
    f = workload.maker(import_module("autograd.numpy"))
    if workload.operator == "jacobian" and workload.method == "forward":
        make_jvp, basis = autograd.make_jvp(f), np.eye(len(inputs[0]))

        def columns() -> Any:
            jvp = make_jvp(*inputs)
            return np.stack([jvp(direction)[1] for direction in basis], axis=-1)

        return columns
    operators = {"gradient": autograd.grad, "jacobian": autograd.jacobian, "hessian": autograd.hessian}
    derivative = operators[workload.operator](f, workload.argnums)
    return lambda: derivative(*inputs)


def _torch_call(form: Callable[..., Any], workload: Workload, inputs: Sequence[Any]) -> Call:
    import torch

    tensors = map_leaves(torch.as_tensor, map_leaves(np.asarray, tuple(inputs)))
    if workload.operator == "gradient":
        variables = leaves_of(arguments_of(workload, tensors))
        for variable in variables:
            variable.requires_grad_()
        return lambda: torch.autograd.grad(form(*tensors), variables)
    if workload.operator == "hessian":
        derivative = torch.func.hessian(form, workload.argnums)
    else:
        jacobian = torch.func.jacfwd if workload.method == "forward" else torch.func.jacrev
        derivative = jacobian(form, workload.argnums)
    return lambda: derivative(*tensors)


def torch_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """`torch.autograd.grad` on tensors made outside; `jacfwd`, `jacrev`, `hessian` of `torch.func`."""
    from .torch_forms import EAGER

    return _torch_call(EAGER[workload.maker.__name__], workload, inputs)


def torch_fused_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """As `torch_call`, where PyTorch has composite functions with backward passes of their own."""
    from .torch_forms import FUSED

    form = FUSED.get(workload.maker.__name__)
    return None if form is None else _torch_call(form, workload, inputs)


def _jax_derivative(workload: Workload, inputs: Sequence[Any]) -> tuple[Callable[..., Any], Any]:
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    forward = workload.method == "forward"
    operators = {"gradient": jax.grad, "jacobian": jax.jacfwd if forward else jax.jacrev, "hessian": jax.hessian}
    derivative = operators[workload.operator](workload.maker(jnp), workload.argnums)
    return derivative, map_leaves(jnp.asarray, tuple(inputs))


def jax_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """`jax.grad`, `jacfwd`, `jacrev`, `hessian`, one operation after the other."""
    jax = import_module("jax")
    derivative, arrays = _jax_derivative(workload, inputs)
    return lambda: jax.block_until_ready(derivative(*arrays))


def jax_jit_call(workload: Workload, inputs: Sequence[Any]) -> Call | None:
    """The same compiled; the first call compiles."""
    jax = import_module("jax")
    derivative, arrays = _jax_derivative(workload, inputs)
    compiled = jax.jit(derivative)
    return lambda: jax.block_until_ready(compiled(*arrays))


#: Peer -> (the package it needs, how it is called).
PEERS: Mapping[str, tuple[str, Callable[[Workload, Sequence[Any]], Call | None]]] = {
    "autograd": ("autograd", autograd_call),
    "torch": ("torch", torch_call),
    "torch-fused": ("torch", torch_fused_call),
    "jax": ("jax", jax_call),
    "jax-jit": ("jax", jax_jit_call),
}


def find_package(package: str) -> tuple[str | None, str]:
    """The version of `package` and an empty text, or None and why it cannot be used."""
    try:
        module = import_module(package)
        return getattr(module, "__version__", None) or version(package), ""
    except (ImportError, PackageNotFoundError) as error:
        return None, str(error)


def to_arrays(result: Any) -> list[np.ndarray[Any, Any]]:
    """A library's result as float64 arrays; anything in single precision is an error of the benchmark."""
    arrays = [np.asarray(leaf.detach() if hasattr(leaf, "detach") else leaf) for leaf in leaves_of(result)]
    for array in arrays:
        if array.dtype != np.float64:
            raise TypeError(f"a result has dtype {array.dtype}; the comparison is in float64")
    return arrays
