"""Sparse Jacobians and Hessians: the pattern from the tape, columns of one colour in one seed."""

from .compression import sparse_hessian, sparse_jacobian

__all__ = ["sparse_hessian", "sparse_jacobian"]
