"""torch.autograd.gradcheck on a custom Function that calls f and grad."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Case
from .peer import floating, library, passed, pulled_back, pushed_forward, rebuilt, refuse_kinds, value


def slow(case: Case) -> tuple[str, str]:
    """``gradcheck(function, inputs)``."""
    return _gradcheck(case, fast_mode=False)


def fast(case: Case) -> tuple[str, str]:
    """``gradcheck(function, inputs, fast_mode=True)``."""
    return _gradcheck(case, fast_mode=True)


def _gradcheck(case: Case, *, fast_mode: bool) -> tuple[str, str]:
    refuse_kinds(case, "gradient", "jacobian", "vjp", "jvp")
    torch = library("torch")
    leaves, structure = case.flattened()

    def forward(context: Any, *tensors: Any) -> Any:
        context.save_for_backward(*tensors)
        context.save_for_forward(*tensors)
        return torch.from_numpy(value(case, rebuilt(structure, [tensor.detach().numpy() for tensor in tensors])))

    def backward(context: Any, cotangent: Any) -> Any:
        x = rebuilt(structure, [tensor.detach().numpy() for tensor in context.saved_tensors])
        found = pulled_back(case, x, cotangent.detach().numpy())
        return tuple(torch.from_numpy(np.array(block)) for block in found)

    def jvp(context: Any, *tangents: Any) -> Any:
        x = rebuilt(structure, [tensor.detach().numpy() for tensor in context.saved_tensors])
        return torch.from_numpy(np.array(pushed_forward(case, x, [tangent.detach().numpy() for tangent in tangents])))

    rules = {"forward": forward, "jvp": jvp} if case.kind == "jvp" else {"forward": forward, "backward": backward}
    function: Any = type("Claimed", (torch.autograd.Function,), {name: staticmethod(rule) for name, rule in rules.items()})
    inputs = tuple(torch.from_numpy(leaf).requires_grad_() for leaf in floating(leaves))
    modes = {"check_forward_ad": True, "check_backward_ad": False} if case.kind == "jvp" else {}
    try:
        torch.autograd.gradcheck(function.apply, inputs, fast_mode=fast_mode, **modes)
    except library("torch.autograd.gradcheck").GradcheckError as error:
        return passed(False, str(error).strip().partition("\n")[0])
    return passed(True)
