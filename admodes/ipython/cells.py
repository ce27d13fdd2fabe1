"""A cell of a notebook as a function of variables."""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from ..errors import OptionError

#: Each cell that was traced has a file name of its own.
_NUMBERS = itertools.count(1)


def final_expression(cell: str) -> ast.Expr | None:
    """The expression that a cell ends with; None where it ends with something else.

    Raises
    ------
    OptionError
        If the cell is not Python.
    """
    try:
        body = ast.parse(cell).body
    except SyntaxError as error:
        raise OptionError(f"The cell is no Python: {error.msg} in line {error.lineno}.") from error
    last = body[-1] if body else None
    return last if isinstance(last, ast.Expr) else None


def cell_function(cell: str, last: ast.Expr, names: list[str], namespace: dict[str, Any]) -> Callable[..., Any]:
    """A cell that ends with an expression, as a function that returns it.

    Parameters
    ----------
    cell : str
    last : ast.Expr
        Its `final_expression`.
    names : list of str
        The function's parameters. What the cell assigns is local to it.
    namespace : dict
        Where all other names are looked up.

    Returns
    -------
    callable
        Its source can be read back, as that of a function in a file.

    Examples
    --------
    >>> cell = "h = a + k; a * h"
    >>> cell_function(cell, final_expression(cell), ["a"], {"k": 1.0})(2.0)
    6.0
    """
    lines = cell.splitlines()
    row, column = last.lineno - 1, len(lines[last.lineno - 1].encode()[: last.col_offset].decode())
    lines[row] = f"{lines[row][:column]}return {lines[row][column:]}"
    texts = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, (ast.Constant, ast.JoinedStr))]
    inside = {number for node in texts for number in range(node.lineno, node.end_lineno or 0)}  # of a text of many lines
    indented = [line if number in inside else f"    {line}" for number, line in enumerate(lines)]
    source = "\n".join([f"def cell({', '.join(names)}):", *indented, ""])
    file = f"<traced cell {next(_NUMBERS)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    (code,) = (constant for constant in compile(source, file, "exec").co_consts if isinstance(constant, CodeType))
    return FunctionType(code, namespace)
