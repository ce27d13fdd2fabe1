"""The extension for notebooks, which ``%load_ext admodes`` loads: ``%gradcheck``, ``%difftime`` and ``%trace``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from ..checking import GradientCheck, check_gradient
from ..errors import AdmodesError, OptionError
from ..formatting import join_words, text_table
from ..measure import Comparison, Effort
from ..measure.comparison import method_table
from ..measure.recommendation import advise_from_rows
from ..measure.subject import Subject
from ..measure.table import columns_of, heading, notes
from ..measure.trials import measure
from ..methods import available_methods
from ..traces import Trace, trace
from .cells import cell_function, final_expression
from .lines import FLAGS, pieces_of, read_line, require_all

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: The columns of a comparison that `%difftime` prints, in this order.
_SHORT = ("method", "status", "median", "quartiles", "times f", "calls of f", "digits")

#: A variable of a cell, and its value where it has one.
_NAMED = re.compile(r"([^\W\d]\w*)(?:=([^=].*))?")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext admodes`` calls.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """
    shell.register_magics(AdmodesMagics)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%unload_ext admodes`` calls: the magics are gone.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """
    manager = shell.magics_manager
    for kind, magics in AdmodesMagics.magics.items():
        for name in magics:
            manager.magics[kind].pop(name, None)


@magics_class
class AdmodesMagics(Magics):
    """The magics. What a line names is looked up in the notebook, and may be any expression.

    IPython leaves the lines alone: ``{"w": w}`` is a dictionary here, and not a text to be filled in.
    """

    shell: Any  # an `InteractiveShell`

    @no_var_expand
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
            options, pieces = read_line("gradcheck", line, {"k": "KIND", "t": "RTOL", "a": "ARGS"})
            require_all("gradcheck", pieces, ["f", "grad", "x"])
            f, grad, x = (self._value(name, piece) for name, piece in zip(["f", "grad", "x"], pieces))
            rtol = self._number("-t", options["t"]) if "t" in options else None
            check = check_gradient(f, grad, x, args=self._arguments(options), kind=options.get("k", "auto"), rtol=rtol)
        if "q" not in options:
            self._show(check)
        return check if "o" in options else None

    @no_var_expand
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
            options, pieces = read_line(
                "difftime", line, {"m": "METHODS", "p": "OPERATOR", "r": "ROUNDS", "t": "SECONDS", "a": "ARGS"}
            )
            require_all("difftime", pieces, ["f", "x"])
            f, x = self._function(pieces[0]), self._value("x", pieces[1])
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

    @no_var_expand
    @line_cell_magic
    def trace(self, line: str, cell: str | None = None) -> Trace | None:
        """Show one evaluation, operation by operation, with its derivatives forward and backward.

        ``%trace [-o] [-q] [-g] f x ...``
            of a function, by all of its arguments here: ``%trace f 2.0 5.0``
        ``%%trace [-o] [-q] [-g] x1 x2=5.0 ...``
            of the expression that the cell ends with, by these variables; what the cell assigns stays inside of it
        ``%%trace [-o] [-q] [-g] f x ...``
            over a cell that ends with something else, above all f's definition: the cell is run, then f traced

        -o  return the `Trace`
        -q  show nothing
        -g  one node for each function that is called, ``sigmoid`` for instance, instead of one for each operation
        """
        with refusing():
            options, pieces = read_line("trace", line, {}, FLAGS + "g")
            source = "" if cell is None else self.shell.transform_cell(cell)
            last = final_expression(source)
            if last is not None:
                variables = self._variables(pieces)
                f, points = cell_function(source, last, list(variables), self.shell.user_ns), list(variables.values())
            else:
                self._require_expression(pieces, cell)
                self.shell.ex(compile(source, self.shell.compile.cache(source), "exec"))
                f, points = self._traced(pieces)
            found = trace(f, points[0], args=points[1:], argnums=tuple(range(len(points))))
        shown = found.grouped() if "g" in options else found
        # What a cell returns is shown as its value.
        if "q" not in options and not ("o" in options and cell is not None):
            self._show(shown)
        return shown if "o" in options else None

    def _variables(self, pieces: list[str]) -> dict[str, Any]:
        """The variables of a cell and their values."""
        named = [_NAMED.fullmatch(piece) for piece in pieces]
        if not named or None in named or len({found[1] for found in named if found}) < len(named):
            raise OptionError(
                "%%trace names the variables of the cell's last expression, as in %%trace x1 x2=5.0 (no blanks around =), "
                f"and here is {join_words(pieces) or 'nothing'}."
            )
        variables = {found[1]: self._value(found[1], found[2] or found[1]) for found in named if found}
        for name, value in variables.items():
            if callable(value):
                raise OptionError(
                    f"{name} is a function, and the cell ends with an expression: name its variables, as in %%trace x=2.0."
                )
        return variables

    @staticmethod
    def _require_expression(pieces: list[str], cell: str | None) -> None:
        """A line that gives variables their values is about an expression: no part of another cell is run for it."""
        named = [piece for piece in pieces if _NAMED.fullmatch(piece)]
        if cell is not None and any("=" in piece for piece in named):
            raise OptionError(
                f"%%trace {' '.join(pieces)} names variables, so the cell must end with an expression: add a last line with "
                "what is to be traced, the name of what the cell assigns for instance. Nothing was run."
            )

    def _traced(self, pieces: list[str]) -> tuple[Callable[..., Any], list[Any]]:
        """The function that a line names, and its arguments."""
        if len(pieces) < 2:
            raise OptionError(
                f"%trace takes f and x, with a blank between them (%trace f x), and here is {join_words(pieces) or 'nothing'}."
            )
        return self._function(pieces[0]), [self._value("x", piece) for piece in pieces[1:]]

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
        unknown = self.shell.user_ns.keys() - set(known)
        return [self._value("-m", part) if part in unknown or not part.isidentifier() else part for part in parts]


@contextmanager
def refusing() -> Iterator[None]:
    """Show our errors as what they say, and those of f where they arise: without the way there through our own code."""
    try:
        yield
    except AdmodesError as error:
        raise UsageError(str(error)) from error
    except Exception as error:
        _cut_to_user_code(error.__traceback__)
        raise


def _cut_to_user_code(traceback: TracebackType | None) -> None:
    """Take our own frames between a magic and f out of a traceback; an error of our own keeps all of its frames."""
    magic = traceback.tb_next if traceback else None  # the first is that of `refusing`
    outside = magic
    while outside and outside.tb_frame.f_globals.get("__name__", "").startswith(f"{__package__.partition('.')[0]}."):
        outside = outside.tb_next
    if magic and outside:
        magic.tb_next = outside


def short_table(comparison: Comparison) -> str:
    """What `%difftime` prints: seconds, how many times f's own time that is, and what went wrong."""
    rows = comparison.rows
    columns = sorted((column for column in columns_of(rows) if column[0] in _SHORT), key=lambda column: _SHORT.index(column[0]))
    table = text_table([(title, is_text) for title, is_text, _ in columns], [[cell(row) for *_, cell in columns] for row in rows])
    remarks = [note for note in notes(rows) if not note.startswith(("Reference:", "Check:"))]
    rounds = max((len(row.time.samples) for row in rows), default=0)
    return "\n".join([heading(rows[0]), table, *remarks, f"{rounds} interleaved rounds; {comparison.recommendation}"])
