"""The functions of `forms` in PyTorch: the same formulas in the same order, with PyTorch's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from . import forms


def scalar_loop(a: Any, b: Any) -> Any:
    """See `forms.scalar_loop`."""
    for _ in range(forms.LOOP_STEPS):
        a = torch.sin(a) * b + a * 0.5
        b = b * 0.5 + a * 0.3
    return a * b + a


def rosenbrock(x: Any) -> Any:
    """See `forms.rosenbrock`."""
    return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def recurrent_network(M: Any, b: Any, h: Any) -> Any:
    """See `forms.recurrent_network`."""
    for _ in range(forms.RNN_STEPS):
        h = torch.tanh(M @ h + b)
    return torch.sum(h * h)


def perceptron(parameters: Any, images: Any, rows: Any, labels: Any) -> Any:
    """See `forms.perceptron`."""
    hidden = torch.tanh(images @ parameters["W1"] + parameters["b1"])
    logits = hidden @ parameters["W2"] + parameters["b2"]
    shifted = logits - torch.max(logits, dim=1, keepdim=True).values
    log_total = torch.log(torch.sum(torch.exp(shifted), dim=1))
    return torch.mean(log_total - shifted[rows, labels])


def perceptron_fused(parameters: Any, images: Any, rows: Any, labels: Any) -> Any:
    """`perceptron` with PyTorch's own composite functions, which have backward passes of their own."""
    hidden = torch.tanh(torch.addmm(parameters["b1"], images, parameters["W1"]))
    logits = torch.addmm(parameters["b2"], hidden, parameters["W2"])
    return torch.nn.functional.cross_entropy(logits, labels)


def _log_sum_exp(values: Any, dim: int) -> Any:
    top = torch.max(values, dim=dim, keepdim=True).values
    return top + torch.log(torch.sum(torch.exp(values - top), dim=dim, keepdim=True))


def gaussian_mixture(alpha: Any, means: Any, log_scales: Any, points: Any) -> Any:
    """See `forms.gaussian_mixture`."""
    standardised = (points[:, None, :] - means) / torch.exp(log_scales)
    exponents = alpha - torch.sum(log_scales, dim=1) - 0.5 * torch.sum(standardised**2, dim=2)
    return len(points) * torch.sum(_log_sum_exp(alpha, 0)) - torch.sum(_log_sum_exp(exponents, 1))


def gaussian_mixture_fused(alpha: Any, means: Any, log_scales: Any, points: Any) -> Any:
    """`gaussian_mixture` with `torch.logsumexp`."""
    standardised = (points[:, None, :] - means) / torch.exp(log_scales)
    exponents = alpha - torch.sum(log_scales, dim=1) - 0.5 * torch.sum(standardised**2, dim=2)
    return len(points) * torch.logsumexp(alpha, dim=0) - torch.sum(torch.logsumexp(exponents, dim=1))


def sine_layer(x: Any, A: Any) -> Any:
    """See `forms.sine_layer`."""
    return torch.sin(A @ x) * x


def damped_oscillation(parameters: Any, t: Any) -> Any:
    """See `forms.damped_oscillation`."""
    a, b, c, d = parameters
    return a * torch.exp(-b * t) * torch.cos(c * t + d)


def element_writes(x: Any) -> Any:
    """See `forms.element_writes`."""
    y = torch.zeros_like(x)
    for i in range(len(x)):
        y[i] = torch.sin(x[i])
    return torch.sum(y * y)


#: By the name of the maker in `forms`. Lorenz needs no functions, so its lines serve every library.
EAGER: Mapping[str, forms.Form] = {
    "scalar_loop": scalar_loop,
    "lorenz": forms.lorenz(torch),
    "rosenbrock": rosenbrock,
    "recurrent_network": recurrent_network,
    "perceptron": perceptron,
    "gaussian_mixture": gaussian_mixture,
    "sine_layer": sine_layer,
    "damped_oscillation": damped_oscillation,
    "element_writes": element_writes,
}

FUSED: Mapping[str, forms.Form] = {"perceptron": perceptron_fused, "gaussian_mixture": gaussian_mixture_fused}
