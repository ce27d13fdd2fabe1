"""Rules for the ufuncs of `scipy.special`. Imported when the first of them meets a traced value, never before."""

from . import bessel, entropy, exponential, gammas, incomplete, normal, transforms

__all__ = ["bessel", "entropy", "exponential", "gammas", "incomplete", "normal", "transforms"]
