"""A formula's text, looked at character by character and as a tree of Python's; only what stands on a list gets through.

What Python's own parser is given is short, has few brackets, and has no strings, subscripts or attributes left in it.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator

from ..errors import FormulaError
from ..formatting import join_words, plural
from .vocabulary import INSTEAD

#: How long a formula may be in characters, and how deep its brackets may be nested.
LENGTH, NESTING = 1_000, 50
#: Characters of the formula that a message shows to either side of the place it is about.
_SHOWN = 60
_SIGNS = re.compile(r"[=!<>]=|[-+*/(),.<> ]")
_WORD = re.compile(r"(?<!\w)[^\W\d]\w*")


def refusal(text: str, column: int, message: str) -> FormulaError:
    """The error whose message shows the formula with a caret under a column, which counts from 0."""
    start = max(0, column - _SHOWN)
    before, after = text[start:column], text[column : column + _SHOWN]
    shown = "".join(character if character.isprintable() else "?" for character in before + after)
    left, right = "..." * (start > 0), "..." * (column + _SHOWN < len(text))
    width = len(left) + sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in before)
    return FormulaError(f"{message}\n    {left}{shown}{right}\n    {' ' * width}^ column {column + 1}")


def parse(text: str) -> tuple[str, ast.expr]:
    """The text with plain blanks, and the tree of its expression, whose columns are those of the text.

    Raises
    ------
    FormulaError
        If the text is no expression, or has a character that no formula has.
    """
    if not isinstance(text, str):
        raise FormulaError(f'A formula is text, e.g. "log(x1) + x1*x2", not a {type(text).__name__}.')
    if len(text) > LENGTH:
        raise FormulaError(
            f"The formula has {plural(len(text), 'character')}, more than {LENGTH:,}: write a Python function instead."
        )
    text = re.sub(r"[\t\r\n]", " ", text)
    if not text.strip(" "):
        raise FormulaError('The formula is empty: write one such as "log(x1) + x1*x2".')
    _check_characters(text)
    _check_brackets(text)
    _check_words(text)
    first = len(text) - len(text.lstrip(" "))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text[first:], mode="eval").body
    except SyntaxError as error:
        raise _syntax_refused(text, first, error) from None
    except (ValueError, RecursionError, MemoryError):
        raise FormulaError("The formula is nested too deeply to be read: write a Python function instead.") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):  # Python counts bytes
            node.col_offset = first + len(text[first:].encode()[: node.col_offset].decode())
    return text, tree


def _check_characters(text: str) -> None:
    """Letters, digits and signs that formulas have; letters that Python takes for others are not what they seem."""
    place = 0
    while place < len(text):
        sign, character = _SIGNS.match(text, place), text[place]
        if sign is not None:
            place = sign.end()
            continue
        plain = unicodedata.normalize("NFKC", character)
        if plain != character and f"a{character}".isidentifier() and all(map(_is_in_words, plain)):
            raise refusal(text, place, f"{character!r} is another character than the {plain!r} it looks like. Write {plain!r}.")
        if not _is_in_words(character):
            instead = INSTEAD.get(character)
            name = unicodedata.name(character, f"U+{ord(character):04X}").lower() if not character.isascii() else character
            said = f"Write {instead}." if instead else "Write numbers, variables, + - * / ** ( ) and functions such as exp(x)."
            shown = f"`{name}`" if character.isprintable() else f"The character U+{ord(character):04X}"
            raise refusal(text, place, f"{shown} is no sign of formulas. {said}")
        place += 1


def _is_in_words(character: str) -> bool:
    """Whether names and numbers are made of it: in other scripts letters and their accents alone.

    Python's names have some dots, digits and marks as well, which look like operators here, and letters that run from right
    to left would show a formula in another order than the one in which it is read.
    """
    if character.isascii():
        return character.isalnum() or character == "_"
    left_to_right = unicodedata.bidirectional(character) in ("L", "NSM")
    return left_to_right and unicodedata.category(character) in ("Lu", "Ll", "Lo", "Mn", "Mc")


def _check_brackets(text: str) -> None:
    """Every bracket closed, and few inside each other: the parser of Python must not be brought to its limits."""
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
            if len(opened) > NESTING:
                raise refusal(text, place, f"Brackets are nested more than {NESTING} deep: write a Python function instead.")
        elif character == ")":
            if not opened:
                raise refusal(text, place, "This bracket closes none: take it away, or open one before it.")
            opened.pop()
    if opened:
        raise refusal(text, opened[-1], "This bracket is not closed: write the ) that belongs to it.")


def _check_words(text: str) -> None:
    for word in _WORD.finditer(text):
        name = word[0]
        if keyword.iskeyword(name):
            instead = "where(x > 0, a, b)" if name in ("if", "else", "and", "or", "not", "is") else "another name"
            raise refusal(text, word.start(), f"`{name}` is a word of Python's, not of formulas. Write {instead}.")
        if name.startswith("_"):
            raise refusal(text, word.start(), f"`{name}` is no name of formulas: a variable begins with a letter.")


def _syntax_refused(text: str, first: int, error: SyntaxError) -> FormulaError:
    """Where Python's parser stopped; its own words are about programs."""
    column = min(first + (error.offset or len(text)) - 1, len(text) - 1)
    if re.match(r"\d[^\W\d]", text[column : column + 2]):
        return refusal(text, column, "A number is followed by a name. Write 2*x for a product.")
    return refusal(text, column, "The formula makes no sense here: an operator, a number or a name is missing or too much.")


def operands_of(node: ast.expr, text: str) -> list[ast.expr]:
    """The expressions that an expression is made of.

    Raises
    ------
    FormulaError
        If formulas have no such expressions.
    """
    match node:
        case ast.Constant() | ast.Name():
            return []
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            return [node.operand]
        case ast.BinOp(op=ast.FloorDiv()):
            raise refusal(text, node.col_offset, "`//` has no derivative. Write /, or floor(x/y).")
        case ast.BinOp(op=ast.LShift() | ast.RShift()):
            raise refusal(text, node.col_offset, "`<<` and `>>` shift bits of integers. Write * 2**n or / 2**n.")
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
            return [node.left, node.right]
        case ast.Compare(ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() | ast.Eq() | ast.NotEq()]):
            return [node.left, *node.comparators]
        case ast.Compare():
            raise refusal(text, node.col_offset, "Compare two numbers at a time: where(x > 0, where(x < 1, a, b), b).")
        case ast.Call(func=ast.Name(), keywords=[]) if not any(isinstance(each, ast.Starred) for each in node.args):
            return list(node.args)
        case ast.Call():
            raise refusal(text, node.col_offset, "Only functions are called, with numbers: exp(x). Write * for a product.")
        case ast.Attribute():
            raise refusal(text, node.col_offset, "A formula has no dots but those in numbers. Write exp(x) without a module.")
        case ast.Tuple():
            raise refusal(
                text, node.col_offset, "A formula has one value. Write a formula for each, and 1.5 for a decimal comma."
            )
    raise refusal(text, node.col_offset, "This is no part of formulas. Write numbers, variables, + - * / ** and functions.")


def in_order(tree: ast.expr, text: str) -> Iterator[ast.expr]:
    """Every expression of the tree after those it is made of, from left to right; without recursion."""
    waiting, found = [tree], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(operands_of(node, text))
    return reversed(found)


def near(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """``Did you mean ...?`` with the names that look alike, or nothing."""
    close = difflib.get_close_matches(name.lower(), list(known), 3, likeness)
    return f" Did you mean {join_words(close, 'or')}?" if close else ""
