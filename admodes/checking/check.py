"""The check of somebody's derivative, as it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import OptionError
from .asking.subject import Subject
from .result import GradientCheck
from .run import Run


def check_gradient(
    f: Callable[..., Any] | None,
    grad: Callable[..., Any],
    x: Any,
    *,
    args: Sequence[Any] = (),
    kind: str = "auto",
    rtol: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Check a derivative that somebody wrote by hand.

    Parameters
    ----------
    f : callable
        ``f(x, *args)``. With ``kind="value_and_grad"`` it may be None: the value of the pair is f.
    grad : callable
        What is claimed to be f's derivative: ``grad(x, *args)``, or ``grad(x, v, *args)`` for jvp, vjp and hvp.
    x : array_like or container
        Where to check.
    args : sequence
        Further arguments of both.
    kind : {"auto", "gradient", "jacobian", "jvp", "vjp", "hessian", "hvp", "value_and_grad"}
        What `grad` is; "auto" tells it by its signature and shapes.
    rtol : float, optional
        The relative error that matters: smaller ones are right. By default any error that can be seen is wrong.
    seed : int
        Of the random directions and the nearby point.

    Returns
    -------
    GradientCheck
        True where the verdict is "right".

    Raises
    ------
    OptionError
        An unknown `kind`, one that the shapes leave open, or an `rtol` that is not positive.
    InputError, OutputError
        x or f(x) is nothing that has a derivative.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> def f(x):
    ...     return np.sum(x**3)
    >>> ad.check_gradient(f, lambda x: 3 * x**2, np.array([1.0, 2.0])).verdict
    'right'
    >>> check = ad.check_gradient(f, lambda x: 3 * x, np.array([1.0, 2.0]))
    >>> check.verdict, bool(check), check.components[1].claimed
    ('wrong', False, 6.0)
    """
    f, kind = _settled(f, grad, kind, rtol)
    return Run(Subject(f, grad, x, args), rtol, seed).check(kind)


def require_rtol(rtol: Any) -> None:
    """Refuse what is no relative error.

    Raises
    ------
    OptionError
    """
    if rtol is not None and not (isinstance(rtol, (int, float)) and 0 < rtol < np.inf):
        raise OptionError(f"rtol={rtol!r} is no relative error: write e.g. rtol=1e-4, or leave it away.")


def _settled(
    f: Callable[..., Any] | None, grad: Callable[..., Any], kind: str, rtol: float | None
) -> tuple[Callable[..., Any], str]:
    """f and the kind of the claim, after refusing what cannot be checked."""
    require_rtol(rtol)
    if f is None:
        if kind not in ("auto", "value_and_grad"):
            raise OptionError(f"f is None, which only kind='value_and_grad' allows, not kind={kind!r}: give f.")
        kind, f = "value_and_grad", lambda *given: grad(*given)[0]
    return f, kind
