"""The whole of a standalone function: its arguments taken apart, the path checked, the derivative put together."""

from __future__ import annotations

import ast
import re
import textwrap
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..function import Function
from .level import Guard, itself
from .recording import Recording
from .sources import as_read, checked_source
from .standalone import Writer

_WIDTH = 110
_ELEMENTS = '''def _elements(array, shape):
    """The numbers of an array of that shape, in order."""
    array = np.asarray(array, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"an array has shape {array.shape}, but this derivative was written for shape {shape}")
    return array.ravel()'''
_OTHER_PATH = "f takes another path there, and this derivative does not hold"


def program(function: Function, recording: Recording, blocks: Sequence[Sequence[Any]], name: str) -> str:
    """The source of a function `name` of the arguments that f is differentiated by.

    Parameters
    ----------
    function : Function
        f at the point where it was traced.
    recording : Recording
    blocks : list of list of ndarray of Expr
        The derivative: ``blocks[i][j]`` by input leaf j of output leaf i.
    name : str

    Raises
    ------
    UnsupportedError
        What decided the path of f cannot be written as a check, an expression has no counterpart, or the key of a dict is none
        that Python writes.
    OptionError
        The function itself uses `name` for something else.
    """
    names = _variables(function, recording)
    guarded = [expression for guard in recording.guards for array in guard.expressions for expression in array.flat]
    entries = [expression for row in blocks for block in row for expression in block.flat]
    writer = Writer([*guarded, *entries], names)
    guard_texts = iter(writer.write(guarded))
    checks = [line for guard in recording.guards for line in _check(guard, writer, guard_texts)]
    # The path is checked before the rest is computed, so that a wrong argument is told at once.
    split = len(writer.lines)
    texts = iter(writer.write(entries))
    arranged = [[_array(block, leaf, texts) for block, leaf in zip(row, function.inputs, strict=True)] for row in blocks]
    body = [*writer.lines[:split], *checks, *writer.lines[split:], f"return {_tree(function.assemble(arranged))}"]
    lines = [
        f"def {name}({', '.join(_arguments(function))}):",
        *textwrap.indent(_docstring(function, recording), "    ").splitlines(),
    ]
    lines += [f"    {line}" for line in _unpacked(function, recording, names)]
    lines += ['    with np.errstate(all="ignore"):', *textwrap.indent("\n".join(body), " " * 8).splitlines()]
    imports = (
        ["import math\n"] * ("math" in writer.modules) + ["import numpy as np"] + ["import sympy"] * ("sympy" in writer.modules)
    )
    head = ["\n".join(imports), "\n".join(writer.constants.values())] if writer.constants else ["\n".join(imports)]
    source = "\n\n\n".join(["\n\n".join(head), _ELEMENTS, *writer.helpers.values(), "\n".join(lines)]) + "\n"
    return checked_source(source, name)


def _arguments(function: Function) -> list[str]:
    """What the arguments are called."""
    return [_renamed(f"args[{number - 1}]") if number else "x" for number in function.selected]


def _variables(function: Function, recording: Recording) -> dict[Any, str]:
    """A name of Python for every symbol; that of an argument only for the argument itself."""
    used = set(_arguments(function))
    names = {}
    for path, symbols in zip(function.input_names, recording.inputs, strict=True):
        for symbol in symbols.flat:
            name = re.sub(r"\W", "_", as_read(symbol.name))
            name = name if name.isidentifier() else re.sub(r"[^A-Za-z0-9_]", "_", name)
            while name in used and name != _renamed(path):
                name += "_"
            used.add(name)
            names[symbol] = name
    return names


def _renamed(path: str) -> str:
    """The way to an input with the argument's own name: ``args[0]['w']`` -> ``args_0['w']``."""
    return re.sub(r"^args\[(\d+)\]", r"args_\1", path)


def _docstring(function: Function, recording: Recording) -> str:
    shapes = ", ".join(
        f"{_renamed(name)} of shape {leaf.shape}" for name, leaf in zip(function.input_names, function.inputs, strict=True)
    )
    first = f"The derivative of {function.name}, written by admodes from exact expressions."
    rest = [f"By {shapes}. Further arguments of f are those that it was traced with."]
    if recording.guards:
        rest.append("It holds where f takes the path that it took where it was traced; elsewhere it raises ValueError.")
    wrapped = [line for text in rest for line in textwrap.wrap(text, _WIDTH)]
    escaped = "\n".join([first, "", *wrapped]).replace("\\", "\\\\").replace('"""', r"\"\"\"")
    return f'"""{escaped}\n"""'


def _unpacked(function: Function, recording: Recording, variables: dict[Any, str]) -> list[str]:
    """One line an input leaf: its elements by name."""
    lines = []
    for path, symbols in zip(function.input_names, recording.inputs, strict=True):
        names = ", ".join(variables[symbol] for symbol in symbols.flat)
        call = f"_elements({_renamed(path)}, {symbols.shape})"
        if symbols.size == 0:
            lines.append(call)
        elif symbols.size == 1:
            lines.append(f"({names},) = {call}")
        elif len(names) + len(call) < _WIDTH:
            lines.append(f"{names} = {call}")
        else:
            lines += ["(", *textwrap.wrap(f"{names},", _WIDTH, initial_indent="    ", subsequent_indent="    "), f") = {call}"]
    return lines


# ---- the path


def _check(guard: Guard, writer: Writer, texts: Any) -> list[str]:
    """The lines that raise where a guard does not hold."""
    arrays = [(array, [next(texts) for _ in range(array.size)]) for array in guard.expressions]
    if guard.function is itself:
        ((array, plain),) = arrays
        failures = [
            _failure(writer, expression, text, value)
            for expression, text, value in zip(array.flat, plain, guard.value.ravel().tolist(), strict=True)
            if not expression.is_Number
        ]
    else:
        operands = [_operand(array, plain, dtype) for (array, plain), dtype in zip(arrays, guard.dtypes, strict=True)]
        value = _literal(guard.value.tolist(), guard).replace("nan", "np.nan").replace("inf", "np.inf")
        same = ", equal_nan=True" if "np.nan" in value else ""
        failures = [f"not np.array_equal({_call(guard, writer, operands)}, {value}{same})"]
    return [line for failure in failures for line in (f"if {failure}:", f"    raise ValueError({_OTHER_PATH!r})")]


def _operand(array: Any, texts: Sequence[str], dtype: Any) -> str:
    """The text of an array of a guard: whole numbers and booleans as such."""
    text = _nested(array.shape, iter(texts))
    kind = "" if dtype.kind == "f" else "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"
    if not array.ndim:
        return f"{kind}({text})" if kind else text
    return f"np.array({text}).astype({kind})" if kind else f"np.array({text})"


def _failure(writer: Writer, expression: Any, text: str, value: Any) -> str:
    """Whether an expression has another value than it had at x."""
    if isinstance(value, bool):
        condition = writer.condition(expression)
        return f"not ({condition})" if value else condition
    return f"not np.isnan({text})" if value != value else f"{text} != {_float(value)}"  # noqa: PLR0124 - true of NaN alone


def _float(value: Any) -> str:
    return repr(value).replace("inf", "np.inf")


def _call(guard: Guard, writer: Writer, operands: list[str]) -> str:
    """The call that decided the path, on these operands."""
    parameters = [f"{key}={_literal(value, guard)}" for key, value in guard.parameters.items()]
    arguments = ", ".join([*operands, *parameters])
    origin, name = guard.origin, guard.name
    if name.startswith("places_of_"):
        ufunc = origin.__self__.__name__  # type: ignore[union-attr]
        return f"{operands[0]} == np.{ufunc}.reduce({arguments})"
    own = getattr(origin, "__name__", "")
    for space, functions in _SPACES.items():
        if origin is not None and origin is getattr(functions, own, None):
            return (
                f"np.stack({space}.{own}({arguments}))" if own in ("nonzero", "unravel_index") else f"{space}.{own}({arguments})"
            )
    if not isinstance(origin, types.FunctionType):
        raise _unwritable(guard)
    try:
        return f"{writer.need(origin, f'_{name}')}({arguments})"
    except UnsupportedError as error:
        raise _unwritable(guard) from error


_SPACES = {"np": np, "np.linalg": np.linalg}


def _literal(value: Any, guard: Guard) -> str:
    """A parameter as Python writes it."""
    if isinstance(value, np.dtype) and value.isbuiltin == 1:
        return f"np.dtype({value.str!r})"
    text = repr(value)
    try:
        same = ast.literal_eval(re.sub(r"\b(nan|inf)\b", "0", text)) is not None or value is None
    except (ValueError, SyntaxError):
        same = False
    if not same:
        raise _unwritable(guard)
    return text


def _unwritable(guard: Guard) -> UnsupportedError:
    return UnsupportedError(
        f"to_python cannot write what decided the path through f: {guard.wrote} of values that depend on x, for which it "
        "has no check with NumPy alone. Without a check the function would be wrong where the path is another one. Call the "
        "derivative itself, which traces f anew there."
    )


# ---- the result


def _array(block: Any, leaf: Any, texts: Any) -> str:
    """A block of the derivative as the text of an array, in the input's dtype."""
    dtype = f"np.{leaf.dtype.name}"
    plain = [next(texts) for _ in range(block.size)]
    if block.size == 0:
        return f"np.zeros({block.shape}, dtype={dtype})"
    if block.ndim == 0:
        return f"{dtype}({plain[0]})"
    return f"np.array({_wrapped(_nested(block.shape, iter(plain)))}, dtype={dtype})"


def _nested(shape: Sequence[int], texts: Any) -> str:
    """Texts as nested lists of that shape."""
    if not shape:
        return str(next(texts))
    return f"[{', '.join(_nested(shape[1:], texts) for _ in range(shape[0]))}]"


def _wrapped(text: str) -> str:
    """Long nested lists on several lines, broken between elements."""
    if len(text) < _WIDTH - 30:
        return text
    lines = textwrap.wrap(text, _WIDTH - 20, break_long_words=False, break_on_hyphens=False)
    return "\n" + "\n".join(f"    {line}" for line in lines) + "\n"


def _tree(tree: Any) -> str:
    """The text of a container of texts."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {_tree(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, tuple):
        return f"({', '.join(map(_tree, tree))}{',' * (len(tree) == 1)})"
    return f"[{', '.join(map(_tree, tree))}]" if isinstance(tree, list) else str(tree)
