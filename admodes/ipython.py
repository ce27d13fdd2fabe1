"""The extension for notebooks, which ``%load_ext admodes`` loads: ``%gradcheck``, ``%difftime`` and ``%%trace``."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

from .checking import GradientCheck, check_gradient
from .errors import AdmodesError, OptionError
from .formatting import join_words, text_table
from .measure import Comparison, Effort
from .measure.comparison import method_table
from .measure.recommendation import advise_from_rows
from .measure.subject import Subject
from .measure.table import columns_of, heading, notes
from .measure.trials import measure
from .methods import available_methods

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: What every magic has: return the object, show nothing.
_FLAGS = "oq"
#: The options of `%difftime` that take a value.
_TIMING_OPTIONS = {"m": "METHODS", "p": "OPERATOR", "r": "ROUNDS", "t": "SECONDS", "a": "ARGS"}
#: The columns of a comparison that `%difftime` prints, in this order.
_SHORT = ("method", "status", "median", "quartiles", "times f", "calls of f", "digits")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext admodes`` calls.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """
    shell.register_magics(AdmodesMagics)


@magics_class
class AdmodesMagics(Magics):
    """The magics. What a line names is looked up in the notebook, and may be any expression."""

    shell: Any  # an `InteractiveShell`

    @line_magic
    def gradcheck(self, line: str) -> GradientCheck | None:
        """Check a derivative that was written by hand, and show the report.

        ``%gradcheck [-o] [-q] [-k KIND] [-t RTOL] [-a ARGS] f grad x``

        f, grad and x are expressions without blanks, or with their blanks in brackets: ``%gradcheck loss (lambda w: 2 * w) w``.

        -o          return the `GradientCheck`: ``check = %gradcheck -o loss gradient w``
        -q          show nothing
        -k KIND     gradient, jacobian, jvp, vjp, hessian, hvp or value_and_grad; told by shapes and signature by default
        -t RTOL     the relative error that matters; by default any that can be seen
        -a ARGS     further arguments of both, as a tuple: ``-a (A,b)``
        """
        with refusing():
            options, pieces = read_line("gradcheck", line, {"k": "KIND", "t": "RTOL", "a": "ARGS"}, ["f", "grad", "x"])
            f, grad, x = (self._value(name, piece) for name, piece in pieces.items())
            rtol = self._number("-t", options["t"]) if "t" in options else None
            check = check_gradient(f, grad, x, args=self._arguments(options), kind=options.get("k", "auto"), rtol=rtol)
        if "q" not in options:
            self._show(check)
        return check if "o" in options else None

    @line_magic
    def difftime(self, line: str) -> Comparison | None:
        """Time the derivative of f at x by each method, beside f itself, in interleaved rounds.

        ``%difftime [-o] [-q] [-m METHODS] [-p OPERATOR] [-r ROUNDS] [-t SECONDS] [-a ARGS] f x``

        f and x are expressions without blanks, or with their blanks in brackets: ``%difftime loss np.zeros((3, 2))``.

        -o          return the `Comparison`, whose table has all columns: ``times = %difftime -o loss w``
        -q          print nothing
        -m METHODS  names or objects, with commas between them: ``-m reverse,ad.CentralDifferences(order=2)``; by default all
        -p OPERATOR differentiate (the default), gradient, jacobian, jvp, vjp, hvp or hessian
        -r ROUNDS   rounds of timing, 7 by default
        -t SECONDS  for each method, 5 by default: what takes longer is stopped
        -a ARGS     further arguments of f, as a tuple: ``-a (A,b)``
        """
        with refusing():
            options, pieces = read_line("difftime", line, _TIMING_OPTIONS, ["f", "x"])
            f, x = self._function(pieces["f"]), self._value("x", pieces["x"])
            table = method_table(self._methods(options["m"]) if "m" in options else None)
            rounds = self._number("-r", options.get("r", "7"))
            effort = Effort(rounds, self._number("-t", options.get("t", "5")), enough=1.0)
            subject = Subject.at(f, x, self._arguments(options), operator=options.get("p", "differentiate"))
            rows = measure(subject, table, effort)
            if {row.status for row in rows} == {"error"} and len({row.reason for row in rows}) == 1:
                raise OptionError(rows[0].reason)
        comparison = Comparison(tuple(rows), advise_from_rows(rows))
        if "q" not in options:
            print(short_table(comparison))  # noqa: T201 - as %timeit does
        return comparison if "o" in options else None

    def _show(self, value: Any) -> None:
        """Show an object as it prints; in a notebook, its HTML."""
        self.shell.display_pub.publish({"text/plain": str(value), "text/html": value._repr_html_()})

    def _value(self, name: str, expression: str) -> Any:
        """What an expression is in the notebook."""
        try:
            return self.shell.ev(expression)
        except SyntaxError as error:
            raise OptionError(f"{name} is {expression!r}, which is no expression of Python's: {error.msg}.") from error
        except NameError as error:
            raise OptionError(f"{name} is {expression!r}, but {error}: run the cell that defines it first.") from error
        except Exception as error:
            raise OptionError(f"{name} is {expression!r}, which raised {type(error).__name__}: {error}.") from error

    def _function(self, expression: str) -> Callable[..., Any]:
        f = self._value("f", expression)
        if not callable(f):
            raise OptionError(f"f is {expression!r}, a {type(f).__name__} and not a function: name the function first, then x.")
        return f  # type: ignore[no-any-return]

    def _number(self, option: str, expression: str) -> Any:
        value = self._value(option, expression)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise OptionError(f"{option} takes a number, not {expression!r}.")
        return value

    def _arguments(self, options: dict[str, str]) -> tuple[Any, ...]:
        if "a" not in options:
            return ()
        args = self._value("-a", options["a"])
        if not isinstance(args, (tuple, list)):
            raise OptionError(
                f"-a takes a tuple of f's further arguments, not a {type(args).__name__}: write -a ({options['a']},)."
            )
        return tuple(args)

    def _methods(self, names: str) -> list[Any]:
        """Names stay names; what is none is an expression of the notebook."""
        known = available_methods()
        parts = [part.strip(" \"'") for part in pieces_of(names, ",")]
        return [part if part in known or part.isidentifier() else self._value("-m", part) for part in parts]


def read_line(magic: str, line: str, valued: Mapping[str, str], names: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The options of a line, which come first, and its expressions.

    Parameters
    ----------
    magic, line : str
    valued : dict
        Letter of an option that takes a value -> what that is called. Every magic has the flags ``-o`` and ``-q``.
    names : list of str
        What the expressions stand for.

    Returns
    -------
    options, expressions : dict
        Letter -> value; name -> expression.

    Raises
    ------
    OptionError
        If there is another option, or another number of expressions.

    Examples
    --------
    >>> read_line("gradcheck", "-oq -k jvp f g (1, 2)", {"k": "KIND"}, ["f", "grad", "x"])
    ({'o': '', 'q': '', 'k': 'jvp'}, {'f': 'f', 'grad': 'g', 'x': '(1, 2)'})
    """
    pieces, options = pieces_of(line), {}
    while pieces and re.match(r"-[a-zA-Z]", pieces[0]):
        option = pieces.pop(0)
        letter, value = option[1], option[2:]
        if set(option[1:]) <= set(_FLAGS):
            options.update(dict.fromkeys(option[1:], ""))
        elif letter in valued and (value or pieces):
            options[letter] = (value or pieces.pop(0)).strip("\"'")
        else:
            known = [f"-{flag}" for flag in _FLAGS] + [f"-{name} {word}" for name, word in valued.items()]
            raise OptionError(f"%{magic} has no option {option}, or its value is missing. It has {join_words(known)}.")
    if len(pieces) != len(names):
        raise OptionError(
            f"%{magic} takes {join_words(names)} after its options, with blanks between them (%{magic} {' '.join(names)}), "
            f"and here is {join_words(pieces) or 'nothing'}. An expression that holds blanks stands in brackets."
        )
    return options, dict(zip(names, pieces))


@contextmanager
def refusing() -> Iterator[None]:
    """Show our errors as what they say: a message, without the way to it through our own code."""
    try:
        yield
    except AdmodesError as error:
        raise UsageError(str(error)) from error


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
        tokens = [token for token in tokenize.generate_tokens(StringIO(text.strip()).readline) if token.string.strip()]
    except (tokenize.TokenError, SyntaxError) as error:
        raise OptionError(f"{text.strip()!r} cannot be read: a bracket or a quote is not closed.") from error
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


def short_table(comparison: Comparison) -> str:
    """What `%difftime` prints: seconds, how many times f's own time that is, and what went wrong."""
    rows = comparison.rows
    columns = sorted((column for column in columns_of(rows) if column[0] in _SHORT), key=lambda column: _SHORT.index(column[0]))
    table = text_table([(title, is_text) for title, is_text, _ in columns], [[cell(row) for *_, cell in columns] for row in rows])
    remarks = [note for note in notes(rows) if not note.startswith(("Reference:", "Check:"))]
    rounds = max((len(row.time.samples) for row in rows), default=0)
    return "\n".join([heading(rows[0]), table, *remarks, f"{rounds} interleaved rounds; {comparison.recommendation}"])
