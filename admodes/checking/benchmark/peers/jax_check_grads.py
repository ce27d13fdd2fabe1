"""jax.test_util.check_grads on a function whose rule calls f and grad back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..case import Case
from .peer import claimed_blocks, floating, library, passed, pulled_back, pushed_forward, rebuilt, refuse_kinds, value


def check_grads(case: Case) -> tuple[str, str]:
    """``check_grads(f, (x,), order=1)`` with 64-bit numbers, in the modes that the kind of claim has."""
    refuse_kinds(case, "gradient", "jacobian", "vjp", "jvp")
    jax = library("jax")
    check = library("jax.test_util").check_grads
    modes = {"jvp": ("fwd",), "vjp": ("rev",)}.get(case.kind, ("fwd", "rev"))
    leaves, structure = case.flattened()
    with _in_64_bits(jax):
        try:
            check(_function(jax, case, leaves, structure), tuple(floating(leaves)), order=1, modes=modes)
        except AssertionError as error:
            return passed(False, " ".join(str(error).split())[:200])
    return passed(True)


@contextmanager
def _in_64_bits(jax: Any) -> Iterator[None]:
    """64-bit numbers in all threads (callbacks run in others), and no log of errors that are verdicts here."""
    before, log = jax.config.jax_enable_x64, logging.getLogger("jax._src.callback")
    jax.config.update("jax_enable_x64", True)
    log.disabled = True
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)
        log.disabled = False


def _function(jax: Any, case: Case, leaves: list[Any], structure: Any) -> Any:
    """F of its leaves as JAX sees it, with the claim for its rule."""
    jnp = jax.numpy
    out = value(case, rebuilt(structure, [np.array(leaf) for leaf in leaves]))
    shape = jax.ShapeDtypeStruct(out.shape, out.dtype)

    def called(*arrays: Any) -> Any:
        return jax.pure_callback(lambda *x: value(case, rebuilt(structure, x)), shape, *arrays)

    if case.kind == "vjp":
        (like,) = (jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in leaves)
        function = jax.custom_vjp(called)
        function.defvjp(
            lambda x: (called(x), x),
            lambda x, w: (jax.pure_callback(lambda x, w: pulled_back(case, np.asarray(x), np.asarray(w))[0], like, x, w),),
        )
        return function

    def rule(primals: Any, tangents: Any) -> Any:
        if case.kind == "jvp":
            return called(*primals), jax.pure_callback(
                lambda x, v: pushed_forward(case, np.asarray(x), [np.asarray(v)]), shape, *primals, *tangents
            )
        likes = tuple(jax.ShapeDtypeStruct(out.shape + primal.shape, primal.dtype) for primal in primals)
        blocks = jax.pure_callback(lambda *x: tuple(claimed_blocks(case, rebuilt(structure, x))), likes, *primals)
        terms = [jnp.tensordot(block, tangent, axes=tangent.ndim) for block, tangent in zip(blocks, tangents, strict=True)]
        return called(*primals), sum(terms)

    function = jax.custom_jvp(called)
    function.defjvp(rule)
    return function
