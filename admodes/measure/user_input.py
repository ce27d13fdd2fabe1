"""What users name on the command line: a function of theirs, and a point to differentiate at."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..containers import flatten
from ..errors import AdmodesError, InputError, OptionError
from ..formatting import with_article


def find_function(name: str) -> Callable[..., Any]:
    """The function that ``module:function`` or ``file.py:function`` names.

    Parameters
    ----------
    name : str
        The module is imported as Python would import it, with the current folder first.

    Returns
    -------
    callable

    Raises
    ------
    OptionError
        If there is no such module, file or function, or importing it fails.
    """
    found = find_object(name)
    if not callable(found):
        raise OptionError(f"{name} is {with_article(type(found).__name__)}, not a function.")
    return found  # type: ignore[no-any-return]


def find_object(name: str, folder: Path | None = None) -> Any:
    """Whatever ``module:name`` or ``file.py:name`` names; files are looked for in `folder`, by default the current one."""
    module_name, colon, path = name.rpartition(":")
    if not colon or not module_name or not path:
        raise OptionError(f"{name!r} does not name a function: write module:function or file.py:function.")
    is_file = module_name.endswith(".py")
    found: Any = _load_file((folder or Path()) / module_name) if is_file else _load_module(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            names = [
                known for known in dir(found) if not known.startswith("_") and not isinstance(getattr(found, known), ModuleType)
            ]
            raise OptionError(f"There is no {path!r} in {module_name}.{_did_you_mean(part, names)}")
        found = getattr(found, part)
    return found


def _load_module(name: str) -> ModuleType:
    _make_importable(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise OptionError(
                f"Importing {name} failed: {error}. Install it, or run admodes where it can be imported."
            ) from error
        hint = _did_you_mean(name, (path.stem for path in Path.cwd().glob("*.py")))
        raise OptionError(f"There is no module {name!r} here or among the installed packages.{hint}") from error
    except (Exception, SystemExit) as error:
        raise _import_failed(name, error) from error


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        hint = _did_you_mean(path.name, (other.name for other in path.parent.glob("*.py")))
        raise OptionError(f"There is no file {path}.{hint}")
    _make_importable(path.parent.resolve())
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise OptionError(f"{path} cannot be imported as a module.")
    module = importlib.util.module_from_spec(specification)
    # Registered as an import would do it: dataclasses and pickling look their module up.
    sys.modules[path.stem] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _import_failed(str(path), error) from error
    return module


def _import_failed(name: str, error: BaseException) -> OptionError:
    return OptionError(f"Importing {name} failed: {type(error).__name__}: {error}. Use --debug to see where.")


def _make_importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _did_you_mean(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), 1)
    return f" Did you mean {close[0]!r}?" if close else ""


def read_point(text: str) -> Any:
    """The point that a text names: numbers ``1.0,2.0``, JSON text, or a file .npy, .npz or .json.

    Parameters
    ----------
    text : str

    Returns
    -------
    array or container of arrays

    Raises
    ------
    OptionError
        If it is none of these, or there is no such file.
    """
    text = text.strip()
    if not text:
        raise OptionError('--at is empty. Write numbers ("1.0,2.0"), JSON, or name a file .npy, .npz or .json.')
    suffix = Path(text).suffix.lower()
    if text.startswith(("[", "{")):
        return _from_json(text, "--at")
    if suffix in (".npy", ".npz", ".json"):
        return _read_file(Path(text), suffix)
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        reason = "is a file of a kind that is not read" if Path(text).exists() else "is no point"
        raise OptionError(f'{text!r} {reason}. Write numbers ("1.0,2.0"), JSON, or name a file .npy, .npz or .json.') from None
    return np.array(numbers) if len(numbers) > 1 else np.float64(numbers[0])


def read_named(text: str) -> dict[str, Any] | None:
    """Points by name, ``x1=2,x2=5`` or ``w=[1,2],b=b.npy``, each as `read_point` takes it; None if the text names nothing.

    Raises
    ------
    OptionError
        If a part has no name, a name comes twice, or a point is none.
    """
    if not re.match(r"\s*[^\W\d]\w*\s*=", text):
        return None
    found: dict[str, Any] = {}
    for part in _outer_parts(text):
        name, equals, point = (piece.strip() for piece in part.partition("="))
        if not equals or not name.isidentifier():
            raise OptionError(f"--at: {part.strip()!r} has no name. Write x1=2,x2=5, and x=[1,2] for an array.")
        if name in found:
            raise OptionError(f"--at gives {name} twice: give each once.")
        if not point:
            raise OptionError(f"--at gives {name} no value. Write {name}=1.5.")
        found[name] = read_point(point)
    return found


def _outer_parts(text: str) -> list[str]:
    """What stands between the commas that are in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _read_file(path: Path, suffix: str) -> Any:
    if not path.is_file():
        raise OptionError(f"There is no file {path} to read the point from.")
    if suffix == ".json":
        return _from_json(path.read_text(encoding="utf-8"), str(path))
    try:
        loaded = np.load(path, allow_pickle=False)
        return dict(loaded) if suffix == ".npz" else loaded
    except (ValueError, EOFError, OSError) as error:
        raise OptionError(f"{path} does not hold arrays of numbers: {error}") from error


def _from_json(text: str, where: str) -> Any:
    """Lists of only numbers become arrays, as they do for every function of admodes."""
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise OptionError(f"{where} is not JSON: {error}") from error
    leaves, structure = flatten(tree, InputError, "x")
    try:
        return structure.unflatten([np.asarray(leaf, dtype=np.float64) for leaf in leaves])
    except ValueError as error:
        raise OptionError(f"{where} holds a ragged list: its rows differ in length.") from error


def evaluate(f: Callable[..., Any], x: Any, name: str) -> None:
    """Call f once at x, and say in one sentence what is wrong where it fails.

    Raises
    ------
    InputError
        If f raises.
    """
    from .subject import Subject

    leaves, structure = flatten(x, InputError, "x")
    shapes = ", ".join(f"x{path} of shape {np.shape(leaf)}" for leaf, path in zip(leaves, structure.paths(), strict=True))
    try:
        Subject.at(f, x)
    except AdmodesError:
        raise
    except Exception as error:
        raise InputError(f"{name} fails at {shapes}: {type(error).__name__}: {error}") from error
