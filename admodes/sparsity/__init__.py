"""Sparse Jacobians and Hessians: the pattern from the tape, columns of one colour in one seed."""
