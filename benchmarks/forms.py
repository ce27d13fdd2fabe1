"""The benchmarked functions in plain NumPy.

Each maker takes the namespace that the body calls `np`: NumPy itself for admodes, `autograd.numpy` and
`jax.numpy` for those peers, which thereby run the very same lines. PyTorch's are in `torch_forms`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Form = Callable[..., Any]

LOOP_STEPS = 200
LORENZ_STEPS = 100
LORENZ_STEP_SIZE = 0.01
RNN_STEPS = 100


def scalar_loop(np: Any) -> Form:
    """About 1,400 operations on two scalars."""

    def loop(a: Any, b: Any) -> Any:
        for _ in range(LOOP_STEPS):
            a = np.sin(a) * b + a * 0.5
            b = b * 0.5 + a * 0.3
        return a * b + a

    return loop


def lorenz(np: Any) -> Form:
    """Euler steps of the Lorenz system; the sum of the end state by start state and parameters."""

    def end_state(x: Any, y: Any, z: Any, sigma: Any, rho: Any, beta: Any) -> Any:
        for _ in range(LORENZ_STEPS):
            dx = sigma * (y - x)
            dy = x * (rho - z) - y
            dz = x * y - beta * z
            x = x + LORENZ_STEP_SIZE * dx
            y = y + LORENZ_STEP_SIZE * dy
            z = z + LORENZ_STEP_SIZE * dz
        return x + y + z

    return end_state


def rosenbrock(np: Any) -> Form:
    """The chained Rosenbrock function."""

    def value(x: Any) -> Any:
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return value


def rosenbrock_gradient(np: Any) -> Form:
    """The gradient of `rosenbrock`, written by hand."""

    def gradient(x: Any) -> Any:
        head = x[:-1]
        residual = x[1:] - head**2
        result = np.zeros_like(x)
        result[:-1] = -400.0 * head * residual - 2.0 * (1.0 - head)
        result[1:] += 200.0 * residual
        return result

    return gradient


def recurrent_network(np: Any) -> Form:
    """A recurrent layer without inputs; the sum of squares of its last state."""

    def energy(M: Any, b: Any, h: Any) -> Any:
        for _ in range(RNN_STEPS):
            h = np.tanh(M @ h + b)
        return np.sum(h * h)

    return energy


def perceptron(np: Any) -> Form:
    """One hidden layer of tanh, softmax cross-entropy, mean over the batch."""

    def loss(parameters: Any, images: Any, rows: Any, labels: Any) -> Any:
        hidden = np.tanh(images @ parameters["W1"] + parameters["b1"])
        logits = hidden @ parameters["W2"] + parameters["b2"]
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        log_total = np.log(np.sum(np.exp(shifted), axis=1))
        return np.mean(log_total - shifted[rows, labels])

    return loss


def perceptron_gradient(np: Any) -> Form:
    """The gradient of `perceptron`, written by hand."""

    def gradient(parameters: Any, images: Any, rows: Any, labels: Any) -> Any:
        hidden = np.tanh(images @ parameters["W1"] + parameters["b1"])
        logits = hidden @ parameters["W2"] + parameters["b2"]
        weights = np.exp(logits - np.max(logits, axis=1, keepdims=True))
        weights /= np.sum(weights, axis=1, keepdims=True)
        weights[rows, labels] -= 1.0
        weights /= len(rows)
        slopes = (weights @ parameters["W2"].T) * (1.0 - hidden * hidden)
        return {
            "W1": images.T @ slopes,
            "b1": np.sum(slopes, axis=0),
            "W2": hidden.T @ weights,
            "b2": np.sum(weights, axis=0),
        }

    return gradient


def gaussian_mixture(np: Any) -> Form:
    """Negative log-likelihood of a mixture with diagonal covariances (up to its constant)."""

    def log_sum_exp(values: Any, axis: int) -> Any:
        top = np.max(values, axis=axis, keepdims=True)
        return top + np.log(np.sum(np.exp(values - top), axis=axis, keepdims=True))

    def loss(alpha: Any, means: Any, log_scales: Any, points: Any) -> Any:
        standardised = (points[:, None, :] - means) / np.exp(log_scales)
        exponents = alpha - np.sum(log_scales, axis=1) - 0.5 * np.sum(standardised**2, axis=2)
        return len(points) * np.sum(log_sum_exp(alpha, 0)) - np.sum(log_sum_exp(exponents, 1))

    return loss


def sine_layer(np: Any) -> Form:
    """sin(A x) * x, as wide as it is long."""

    def layer(x: Any, A: Any) -> Any:
        return np.sin(A @ x) * x

    return layer


def damped_oscillation(np: Any) -> Form:
    """A curve of four parameters at many times: the model of a fit."""

    def curve(parameters: Any, t: Any) -> Any:
        a, b, c, d = parameters
        return a * np.exp(-b * t) * np.cos(c * t + d)

    return curve


def element_writes(np: Any) -> Form:
    """An array filled element by element."""

    def energy(x: Any) -> Any:
        y = np.zeros_like(x)
        for i in range(len(x)):
            y[i] = np.sin(x[i])
        return np.sum(y * y)

    return energy


def element_writes_gradient(np: Any) -> Form:
    """The gradient of `element_writes`, written by hand."""

    def gradient(x: Any) -> Any:
        return 2.0 * np.sin(x) * np.cos(x)

    return gradient
