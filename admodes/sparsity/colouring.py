"""Colours of columns: those of one colour share no row, so that one seed finds all their entries.

References
----------
A. R. Curtis, M. J. D. Powell and J. K. Reid, "On the estimation of sparse Jacobian matrices", J. Inst. Maths Applics 13
(1974) 117-119: the groups of columns.
A. H. Gebremedhin, F. Manne and A. Pothen, "What color is your Jacobian? Graph coloring for computing derivatives",
SIAM Review 47 (2005) 629-705: the greedy algorithm (distance 1 on the graph of columns that meet in a row), and
combinations of rows with columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

#: A row or column that no seed asks for.
UNCOLOURED = -1


#: How many times the least possible number of colours makes another pass over the entries worth its time.
_WORTH_ANOTHER = 2


class Plan(NamedTuple):
    """Which seeds find a matrix: the colours of columns that are pushed forward, and of rows that are pulled back.

    Attributes
    ----------
    columns, rows : ndarray of int
        A colour from 0 on for each column and row; -1: without one. An entry is found from its row if that has a
        colour, else from its column.
    """

    columns: np.ndarray
    rows: np.ndarray

    @property
    def pushes(self) -> int:
        """Seeds forward."""
        return int(self.columns.max(initial=UNCOLOURED)) + 1

    @property
    def pulls(self) -> int:
        """Seeds back."""
        return int(self.rows.max(initial=UNCOLOURED)) + 1


def colour_columns(matrix: Any) -> np.ndarray:
    """Colours of the columns of a sparse pattern, greedily; columns without entries have none.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array

    Returns
    -------
    ndarray of int
        A colour for each column. Colours in turn, as many as the longest row needs, are the least there can be, and do for
        most bands and blocks. Else the columns are taken from the first to the last; where that takes twice as many colours,
        also by their lengths, and the better of the two stands.

    Examples
    --------
    >>> import scipy.sparse
    >>> from admodes.sparsity.colouring import colour_columns
    >>> colour_columns(scipy.sparse.diags_array([1.0] * 3, offsets=[-1, 0, 1], shape=(6, 6)).tocsr())
    array([0, 1, 2, 0, 1, 2])
    """
    lengths = np.diff(matrix.indptr)
    longest = int(lengths.max(initial=0))
    columns = matrix.shape[1]
    used = np.bincount(matrix.indices, minlength=columns) > 0
    colours = np.where(used, 0, UNCOLOURED)
    if longest <= 1:
        return colours
    if longest == used.sum():
        colours[used] = np.arange(longest)
        return colours
    in_turn = np.arange(columns) % longest
    if _tells_apart(matrix, in_turn, longest):
        return np.where(used, in_turn, UNCOLOURED)
    # A row of one entry keeps no columns apart.
    binding = matrix[lengths > 1].tocsc()
    natural = np.flatnonzero(np.diff(binding.indptr))
    found = _greedy(binding, natural)
    if found.max() + 1 >= _WORTH_ANOTHER * longest:
        weights = np.diff(binding.indptr)[natural]
        by_length = _greedy(binding, natural[np.argsort(-weights, kind="stable")])
        found = by_length if by_length.max() < found.max() else found
    colours[natural] = found[natural]
    return colours


def _tells_apart(matrix: Any, colours: np.ndarray, count: int) -> bool:
    """Whether no row has a colour twice."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    found = np.sort(rows * count + colours[matrix.indices])
    return not np.any(found[1:] == found[:-1])


def _greedy(matrix: Any, order: np.ndarray) -> np.ndarray:
    """The smallest colour that is free in all rows of a column, one column of a csc_array after the other.

    The colours of each row are the bits of one integer: no graph of the columns is made.
    """
    taken = [0] * matrix.shape[0]
    starts, rows = matrix.indptr.tolist(), matrix.indices.tolist()
    colours = np.zeros(matrix.shape[1], dtype=int)
    found = []
    for column in order.tolist():
        mine = rows[starts[column] : starts[column + 1]]
        forbidden = 0
        for row in mine:
            forbidden |= taken[row]
        colour = ~forbidden & (forbidden + 1)
        for row in mine:
            taken[row] |= colour
        found.append(colour.bit_length() - 1)
    colours[order] = found
    return colours


def plan_columns(matrix: Any) -> Plan:
    """A plan that pushes forward only."""
    return Plan(colour_columns(matrix), np.full(matrix.shape[0], UNCOLOURED))


def plan_rows(matrix: Any) -> Plan:
    """A plan that pulls back only."""
    return Plan(np.full(matrix.shape[1], UNCOLOURED), colour_columns(matrix.T.tocsr()))


def plan_both(matrix: Any) -> Plan:
    """The plan of fewest seeds: forward, back, or the longest rows back and the rest forward (arrows); forward in a tie."""
    best = plan_columns(matrix)
    if best.pushes >= _WORTH_ANOTHER * np.bincount(matrix.indices, minlength=1).max():
        best = _fewer(best, plan_rows(matrix))
    return _fewer(best, plan_long_rows(matrix, best))


def plan_symmetric(matrix: Any) -> Plan:
    """The plan for a symmetric matrix, whose rows are columns too: a row that is pulled back is a seed as good as any."""
    best = plan_columns(matrix)
    return _fewer(best, plan_long_rows(matrix, best))


def plan_long_rows(matrix: Any, best: Plan) -> Plan:
    """The longest rows each by a seed of its own, back, and the columns of what is left, forward.

    Without its t longest rows the matrix needs at least as many colours as the next row has entries: t is chosen
    where the sum of both is least, and `best` returned where that promises nothing.
    """
    lengths = np.diff(matrix.indptr)
    order = np.argsort(-lengths, kind="stable")
    promised = np.arange(len(order) + 1) + np.append(lengths[order], 0)
    count = int(np.argmin(promised))
    if not 0 < count < len(order) or promised[count] >= best.pushes + best.pulls:
        return best
    rows = np.full(len(order), UNCOLOURED)
    rows[order[:count]] = np.arange(count)
    short = matrix.copy()
    short.data = np.repeat(rows == UNCOLOURED, lengths)
    short.eliminate_zeros()
    return Plan(colour_columns(short), rows)


def _fewer(one: Plan, other: Plan) -> Plan:
    return other if other.pushes + other.pulls < one.pushes + one.pulls else one
