"""Rules for the ufuncs of `scipy.special`. Imported when the first of them meets a traced value, never before."""

from . import bessel, continuations, entropy, exponential, gammas, incomplete, normal, transforms

__all__ = ["bessel", "continuations", "entropy", "exponential", "gammas", "incomplete", "normal", "transforms"]
