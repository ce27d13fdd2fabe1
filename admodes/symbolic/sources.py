"""Source text: that of functions of ours, and whether a written one is what Python reads."""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
import symtable
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

from ..errors import OptionError, UnsupportedError


def source_of(function: Callable[..., Any], label: str) -> tuple[str, str]:
    """The name and the source of a function of ours, without the annotations, which would need imports.

    A lambda is called `label`.

    Raises
    ------
    UnsupportedError
        It uses variables of another function, or Python does not know its source.
    """
    code = function.__code__
    module = ast.parse(_source_of_module(function))
    definitions = [
        node
        for node in ast.walk(module)
        if isinstance(node, (ast.FunctionDef, ast.Lambda))
        and min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))]) == code.co_firstlineno
        and getattr(node, "name", "<lambda>") == code.co_name
    ]
    if len(definitions) != 1 or code.co_freevars:
        raise UnsupportedError(f"to_python cannot write {function!r}. Call the derivative itself.")
    (definition,) = definitions
    if isinstance(definition, ast.Lambda):
        body: list[ast.stmt] = [ast.Return(definition.body)]
        definition = ast.FunctionDef(label, definition.args, body, decorator_list=[])
    return definition.name, ast.unparse(ast.fix_missing_locations(_Unannotated().visit(definition)))


def _source_of_module(function: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(sys.modules[function.__module__])
    except (OSError, TypeError, KeyError) as error:
        raise UnsupportedError(f"to_python cannot write {function!r}: it has no source. Call the derivative itself.") from error


def assignment_of(name: str, function: Any) -> str:
    """The source of a constant that a function of ours uses."""
    for statement in ast.parse(_source_of_module(function)).body:
        if isinstance(statement, ast.Assign) and name in {part.id for part in statement.targets if isinstance(part, ast.Name)}:
            return ast.unparse(statement)
    raise UnsupportedError(
        f"to_python cannot write '{function.__name__}', which uses '{name}' of admodes. Call the derivative itself."
    )


class _Unannotated(ast.NodeTransformer):
    """Takes the annotations out."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return ast.Assign([node.target], node.value) if node.value is not None else ast.Pass()


# ---- names


def checked_name(name: str | None, of: str) -> str:
    """What a function is called: `name`, or one made of the name of f.

    Raises
    ------
    OptionError
        `name` is no name of Python.
    """
    if name is None:
        return f"derivative_of_{of}" if of.isidentifier() else "derivative"
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(as_read(name)) or name == "__debug__":
        raise OptionError(f"name={name!r} is no name of a Python function: write name='derivative'.")
    return name


def as_read(name: str) -> str:
    """A name as Python reads it: letters that look alike are one."""
    return unicodedata.normalize("NFKC", name)


def checked_source(source: str, name: str) -> str:
    """The source, if every name in it has one meaning."""
    try:
        table = symtable.symtable(source, "<program>", "exec")
    except SyntaxError as error:
        raise _strange_key(f"({error.msg})") from error
    scopes, used = list(table.get_children()), set()
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        used |= set(scope.get_globals()) if isinstance(scope, symtable.Function) else set()
    if as_read(name) in used:
        raise OptionError(f"name={name!r} means something else in the written function: write name='derivative'.")
    unknown = used - set(table.get_identifiers()) - set(dir(builtins))
    if unknown:
        raise _strange_key(f"({', '.join(sorted(unknown))})")
    return source


def _strange_key(why: str) -> UnsupportedError:
    return UnsupportedError(
        f"to_python cannot write the keys of a dict in x or in f(x), which Python does not read as it shows them {why}: "
        "use strings, numbers or tuples of them as keys, or call the derivative itself."
    )
