"""The line of a magic: options, then expressions with blanks between them."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Mapping
from io import StringIO

from ..errors import OptionError
from ..formatting import join_words

#: What every magic has: return the object, show nothing.
FLAGS = "oq"
#: Tokens that say how lines are laid out, and comments.
_NO_CODE = (tokenize.COMMENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.INDENT, tokenize.NEWLINE, tokenize.NL)


def read_line(magic: str, line: str, valued: Mapping[str, str], flags: str = FLAGS) -> tuple[dict[str, str], list[str]]:
    """The options of a line, which come first, and its expressions.

    Parameters
    ----------
    magic, line : str
    valued : dict
        Letter of an option that takes a value -> what that is called.
    flags : str
        Letters of the options that take none.

    Returns
    -------
    options : dict
        Letter -> value.
    expressions : list of str

    Raises
    ------
    OptionError
        If there is another option.

    Examples
    --------
    >>> read_line("gradcheck", "-oq -k jvp f g (1, 2)", {"k": "KIND"})
    ({'o': '', 'q': '', 'k': 'jvp'}, ['f', 'g', '(1, 2)'])
    """
    pieces, options = pieces_of(line), {}
    while pieces and re.match(r"-[a-zA-Z]", pieces[0]):
        option = pieces.pop(0)
        letter, value = option[1], option[2:]
        if set(option[1:]) <= set(flags):
            options.update(dict.fromkeys(option[1:], ""))
        elif letter in valued and (value or pieces):
            options[letter] = (value or pieces.pop(0)).strip("\"'")
        else:
            known = [f"-{flag}" for flag in flags] + [f"-{name} {word}" for name, word in valued.items()]
            raise OptionError(f"%{magic} has no option {option}, or its value is missing. It has {join_words(known)}.")
    return options, pieces


def require_all(magic: str, pieces: list[str], names: list[str]) -> None:
    """Refuse a line with another number of expressions than there are `names`."""
    if len(pieces) != len(names):
        raise OptionError(
            f"%{magic} takes {join_words(names)} after its options, with blanks between them (%{magic} {' '.join(names)}), "
            f"and here is {join_words(pieces) or 'nothing'}. An expression that holds blanks stands in brackets."
        )


def pieces_of(text: str, separator: str = "") -> list[str]:
    """Text cut at its blanks, or at each `separator`, but not within brackets and quotes.

    Parameters
    ----------
    text : str
    separator : str
        One character; by default blanks.

    Returns
    -------
    list of str

    Raises
    ------
    OptionError
        If a bracket or a quote is not closed.

    Examples
    --------
    >>> pieces_of("-o loss np.zeros((2, 3))  data['a b']")
    ['-o', 'loss', 'np.zeros((2, 3))', "data['a b']"]
    >>> pieces_of("reverse,f(1, 2)", ",")
    ['reverse', 'f(1, 2)']
    """
    try:
        found = list(tokenize.generate_tokens(StringIO(text.strip()).readline))
    except (tokenize.TokenError, SyntaxError):
        found = []
    if not found or any(token.type == tokenize.ERRORTOKEN for token in found):
        raise OptionError(f"{text.strip()!r} cannot be read as expressions of Python's: is a bracket or a quote not closed?")
    tokens = [token for token in found if token.type not in _NO_CODE]
    pieces, depth, end = [""], 0, 0
    for token in tokens:
        start = token.start[1]
        if depth == 0 and (token.string == separator if separator else start > end):
            pieces.append("")
        if depth or token.string != separator:
            pieces[-1] += " " * (start - end if depth else 0) + token.string
        depth += (token.string in "([{") - (token.string in ")]}")
        end = token.end[1]
    return [piece for piece in pieces if piece]
