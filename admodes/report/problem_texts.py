"""What the built-in problems are, in a sentence and in a formula."""

from __future__ import annotations

from typing import NamedTuple


class About(NamedTuple):
    """A problem in words, and its formula as plain text."""

    text: str
    formula: str


ABOUT = {
    "dense layer": About(
        "One layer of a neural network with random weights A; both numbers of dimensions can be chosen freely.",
        "f(x) = tanh(A x)",
    ),
    "rosenbrock": About(
        "The classic test of optimizers: a long, bent valley.",
        "f(x) = sum over i < n of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2",
    ),
    "helmholtz": About(
        "The Helmholtz free energy of a mixture of fluids, by which published comparisons of methods are made.",
        "f(x) = sum of x[i] log(x[i] / (1 - b.x)) - x'Ax / (sqrt(8) b.x) log((1 + (1 + sqrt 2) b.x) / (1 + (1 - sqrt 2) b.x))",
    ),
    "digits": About(
        "Softmax regression on the UCI handwritten digits: the loss over N images p with labels y.",
        "f(W, c) = mean over j of (log sum over k of exp(w[k].p[j] + c[k]) - (w[y[j]].p[j] + c[y[j]])) + lambda/2 |W|^2",
    ),
    "digits network": About(
        "A neural network with one hidden layer on the same handwritten digits; g is the loss of the softmax regression.",
        "f(V, a, W, c) = g(W, c) with tanh(V p[j] + a) in the place of p[j]",
    ),
    "logistic map": About(
        "A map applied again and again: its formula doubles in length at each step.",
        "l[1] = x, l[k+1] = 4 l[k] (1 - l[k]), f(x) = l[s]",
    ),
    "log-sum-exp": About(
        "The smooth maximum, shifted by the maximum so that nothing overflows.",
        "f(x) = log(exp x[1] + ... + exp x[n])",
    ),
    "least squares": About(
        "A polynomial with coefficients x fitted to a step s at the points t.",
        "f(x) = 1/2 |s - V x|^2 with V[i, j] = t[i]^j",
    ),
    "curve fit": About(
        "The residuals of a decay with three parameters, fitted to m measurements: a tall Jacobian.",
        "f(a, b, c)[i] = a exp(-b t[i]) + c - y[i]",
    ),
    "determinant": About(
        "By minors along the first row, which takes about e l! multiplications for l rows.",
        "f(X) = det X",
    ),
    "gaussian mixture": About(
        "The log-posterior of K Gaussians, with lower triangular Q and a prior p of Wishart's.",
        "f = sum over i of log sum over k of exp(a[k] + log det Q[k] - 1/2 |Q[k] (x[i] - mu[k])|^2) - N log sum of exp a + p(Q)",
    ),
    "k-means": About(
        "The squared distance of each point to the nearest centre.",
        "f(C) = sum over i of the least |p[i] - C[k]|^2 over k",
    ),
    "recurrent network": About(
        "A recurrent neural network that predicts the next number of a series s of T steps.",
        "h[t] = tanh(W h[t-1] + u s[t] + b), f = 1/(2T) sum over t of (v.h[t] - s[t+1])^2",
    ),
    "bundle adjustment": About(
        "Where points X are seen by cameras (rotation R, centre C, lens d), less where they were, with a weight w each.",
        "f = (w (d(R (X - C)) - z), 1 - w^2) for each observation z",
    ),
}
