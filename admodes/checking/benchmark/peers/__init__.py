"""The checkers under test: ours and, where they are installed, those of other libraries, each with its defaults."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import OptionError
from ... import check_gradient
from ..case import Case
from . import autograd_check_grads, jax_check_grads, scientific, torch_gradcheck
from .peer import INCONCLUSIVE as INCONCLUSIVE
from .peer import RIGHT as RIGHT
from .peer import WRONG as WRONG
from .peer import Peer as Peer


def ours(case: Case) -> tuple[str, str]:
    """``ad.check_gradient(f, grad, x)``."""
    check = check_gradient(case.f, case.grad, case.point(), kind=case.kind)
    return check.verdict, check.reason


OURS = Peer("admodes", "check_gradient(f, grad, x): its verdict; no tolerance", ours)

PEERS = (
    Peer("scipy", "optimize.check_grad(f, grad, x) < 1e-6 (it names no tolerance)", scientific.scipy_absolute, "scipy"),
    Peer("scipy-relative", "optimize.check_grad(f, grad, x) <= 1e-5 norm(grad)", scientific.scipy_relative, "scipy"),
    Peer("torch", "autograd.gradcheck in float64: eps 1e-6, atol 1e-5, rtol 1e-3", torch_gradcheck.slow, "torch"),
    Peer("torch-fast", "the same with fast_mode=True", torch_gradcheck.fast, "torch"),
    Peer("jax", "test_util.check_grads in 64 bits, order 1, its own tolerances", jax_check_grads.check_grads, "jax"),
    Peer("autograd", "test_util.check_grads, order 1, its own tolerances", autograd_check_grads.check_grads, "autograd"),
    Peer("numdifftools", "within its own error_estimate", scientific.numdifftools_error, "numdifftools"),
)


def find_peers(names: Sequence[str] | None = None) -> list[Peer]:
    """Peers by name; all that there are where `names` is None.

    Raises
    ------
    OptionError
        There is no peer of that name.

    Examples
    --------
    >>> [peer.name for peer in find_peers(["scipy", "torch"])]
    ['scipy', 'torch']
    """
    known = {peer.name: peer for peer in PEERS}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise OptionError(f"There is no peer {unknown[0]!r}. Name some of {', '.join(known)}.")
    return list(PEERS) if names is None else [known[name] for name in dict.fromkeys(names)]
