"""The locally constant functions, and those about shape and type alone."""

from __future__ import annotations

import numpy as np

from ..rules import FUNCTIONS, constant, implements, metadata

constant(np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.floor_divide, np.sign, np.heaviside, np.signbit)
constant(np.spacing)
constant(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
constant(np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
constant(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift)
constant(np.isnan, np.isfinite, np.isinf, np.isneginf, np.isposinf)
constant(np.isclose, np.allclose, np.array_equal, np.array_equiv)
constant(np.all, np.any, np.count_nonzero, np.nonzero, np.flatnonzero, np.argwhere)
constant(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort, np.searchsorted, np.digitize)

metadata(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.common_type)
metadata(np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory)
# Text never shows the bare numbers: they could be read back as constants.
metadata(np.array_repr, np.array_str, np.array2string)
implements(np.array_repr, np.array_str, np.array2string)(lambda a, *_, **__: repr(a))
metadata(np.einsum_path)
# z / |z| is no step.
FUNCTIONS[np.sign].analytic = False  # type: ignore[attr-defined]
