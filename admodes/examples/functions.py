"""The functions of the worked examples, in plain NumPy, with the lectures' own names for their intermediate values."""

from __future__ import annotations

from typing import Any

import numpy as np

#: What the networks are to learn, and the words that the word vectors meet.
TRUTH_TABLE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
EXCLUSIVE_OR = np.array([0.0, 1.0, 1.0, 0.0])
ONE_HOT = np.array([0.0, 1.0, 0.0])
CENTRE, CONTEXT, NEGATIVES = 2, 5, [0, 7]
#: The weight of the squared parameters in a regularised loss.
STRENGTH = 0.01


def sigmoid(a: Any) -> Any:
    """1/(1 + exp(-a)), element by element."""
    return 1.0 / (1.0 + np.exp(-a))


def linear(weights: Any, x: Any, bias: Any) -> Any:
    """A linear module: W x + b."""
    return weights @ x + bias


def softmax(logits: Any) -> Any:
    """exp(logits) over its sum; shifted by the largest, which changes nothing but overflow."""
    powers = np.exp(logits - np.max(logits))
    return powers / np.sum(powers)


def cross_entropy(p: Any, target: Any) -> Any:
    """-sum(target * log(p))."""
    return -np.sum(target * np.log(p))


def half_squared_error(y: Any, target: Any) -> Any:
    """(y - target)**2 / 2."""
    return 0.5 * (y - target) ** 2


def koehn_network(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, t: Any) -> Any:
    """A 2-2-1 network and its squared error."""
    prod1 = W1 @ x
    sum1 = prod1 + b1
    h = sigmoid(sum1)
    prod2 = W2 @ h
    sum2 = prod2 + b2
    y = sigmoid(sum2)
    E = 0.5 * (t - y) ** 2
    return E


def gormley_cosine(x: Any) -> Any:
    """cos(sin(x**2) + 3 x**2), whose x**2 is used twice."""
    t = x**2
    u1 = np.sin(t)
    u2 = 3 * t
    u = u1 + u2
    J = np.cos(u)
    return J


def gormley_quiz_1(x: Any, z: Any) -> Any:
    """The quiz: exp(xz) + xz/log(x) + sin(log(x))/exp(xz)."""
    y = np.exp(x * z) + x * z / np.log(x) + np.sin(np.log(x)) / np.exp(x * z)
    return y


def gormley_logistic_regression(theta: Any, x: Any, target: Any) -> Any:
    """The log-likelihood of one observation, which is to be maximised."""
    a = theta @ x
    y = sigmoid(a)
    J = target * np.log(y) + (1.0 - target) * np.log(1.0 - y)
    return J


def gormley_neural_network(x: Any, alpha: Any, beta: Any, target: Any) -> Any:
    """Modules in order: linear, sigmoid, linear, sigmoid, loss."""
    a = alpha @ x
    z = sigmoid(a)
    b = beta @ z
    y = sigmoid(b)
    J = half_squared_error(y, target)
    return J


def xor_network(W: Any, b: Any, w: Any, b_and: Any) -> Any:
    """The squared error of a 2-2-1 network over the truth table; the rows of W are those of OR and NAND."""
    hidden = sigmoid(TRUTH_TABLE @ W.T + b)
    a_and = sigmoid(hidden @ w + b_and)
    E = np.sum(half_squared_error(a_and, EXCLUSIVE_OR))
    return E


def level_curves(x: Any, y: Any) -> Any:
    """4 x**2 + y**2, whose level curves are ellipses."""
    f = 4 * x**2 + y**2
    return f


def level_curves_parabola(x: Any) -> Any:
    """x**2 + 35 x + 12."""
    f = x**2 + 35 * x + 12
    return f


def level_curves_exponential(x: Any) -> Any:
    """exp(x), which is its own derivative."""
    f = np.exp(x)
    return f


def level_curves_polynomial(x: Any, y: Any) -> Any:
    """10 x**3 y**2 + 5 x y**3 + 4 x + y."""
    f = 10 * x**3 * y**2 + 5 * x * y**3 + 4 * x + y
    return f


def gradient_descent_minimal(theta: Any) -> Any:
    """(theta - 2)**2, which is least at 2."""
    loss = (theta - 2) ** 2
    return loss


def cs224n_gates(x: Any, y: Any, z: Any) -> Any:
    """(x + y) max(y, z): + distributes, max routes, * switches."""
    a = x + y
    b = np.maximum(y, z)
    f = a * b
    return f


def cs224n_window(x: Any, W: Any, b: Any, u: Any) -> Any:
    """The score of a window of five word vectors that stand side by side in x; the activation is tanh."""
    z = linear(W, x, b)
    h = np.tanh(z)
    s = u @ h
    return s


def perceptron(x: Any, w: Any, b: Any) -> Any:
    """One neuron."""
    a = w @ x + b
    h = sigmoid(a)
    return h


def cmp784_trace(x1: Any, x2: Any) -> Any:
    """log(x1) + x1 x2 - sin(x2), in the lecture's order."""
    v2 = np.log(x1)
    v3 = x1 * x2
    v4 = np.sin(x2)
    v5 = v2 + v3
    v6 = v5 - v4
    return v6


def sigmoid_layer(x: Any) -> Any:
    """sigmoid(x), element by element."""
    y = sigmoid(x)
    return y


def losses(logits: Any, weights: Any) -> Any:
    """Cross-entropy of the softmax, regularised by the squared weights."""
    p = softmax(logits)
    data = cross_entropy(p, ONE_HOT)
    penalty = STRENGTH * np.sum(weights**2)
    J = data + penalty
    return J


def losses_binary(logit: Any, target: Any) -> Any:
    """Binary cross-entropy of a sigmoid."""
    p = sigmoid(logit)
    J = -(target * np.log(p) + (1.0 - target) * np.log(1.0 - p))
    return J


def losses_squared(y: Any, target: Any) -> Any:
    """Half the squared distance."""
    J = np.sum(half_squared_error(y, target))
    return J


def mlp_classifier(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """A perceptron of two layers, softmax, cross-entropy, and the squared weights."""
    h = sigmoid(linear(W1, x, b1))
    logits = linear(W2, h, b2)
    p = softmax(logits)
    J = cross_entropy(p, ONE_HOT) + STRENGTH * (np.sum(W1**2) + np.sum(W2**2))
    return J


def word2vec(V: Any, U: Any) -> Any:
    """Skip-gram with negative sampling: word CENTRE, of the rows of V, against CONTEXT and NEGATIVES, of those of U."""
    w = V[CENTRE]
    c = U[CONTEXT]
    n = U[NEGATIVES]
    J = -np.log(sigmoid(c @ w)) - np.sum(np.log(sigmoid(-(n @ w))))
    return J


def word2vec_softmax(V: Any, U: Any) -> Any:
    """-log p(context | centre), where p is a softmax over all words."""
    scores = U @ V[CENTRE]
    J = -np.log(softmax(scores)[CONTEXT])
    return J
