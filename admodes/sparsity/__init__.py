"""Sparse Jacobians and Hessians: the pattern from the tape, columns of one colour in one seed."""

from .compression import sparse_hessian, sparse_jacobian
from .touched import SparseRows, sparse_gradient

__all__ = ["SparseRows", "sparse_gradient", "sparse_hessian", "sparse_jacobian"]
