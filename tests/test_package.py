"""The package as a thing to install and import: its cost, its layers, its public names, what it ships."""

from __future__ import annotations

import ast
import email
import graphlib
import inspect
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import admodes as ad

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "admodes"

# Who may import whom: only what stands on a lower line. CONTRIBUTING.md says what each one is for.
FLOORS = (
    {"_version", "bars", "errors", "formatting", "limits", "timing"},
    {"comparing", "containers", "expressions", "failures", "levels", "operands", "reading", "rows", "shapes", "theory"},
    {"function", "kinds", "outputs", "surroundings"},
    {"custom", "differentiator", "rules"},
    {"table"},
    {"inplace", "keys", "protocols", "special", "step_refusals", "stepping", "views"},
    {"operators", "steps"},
    {"tracing"},
    {"careful", "scalars"},
    {"arrays"},
    {"tape"},
    {"coverage", "recording"},
    {"finite", "forward", "reverse", "symbolic"},
    {"complex_step", "sparsity"},
    {"methods"},
    {"api"},
    {"figures", "preparing"},
    {"checking", "measure", "traces"},
    {"examples", "ipython", "reproduce", "testing"},
    {"pytest_plugin", "sweeps"},
    {"report"},
    {"cli"},
    {"__init__", "__main__"},
)
FLOOR = {unit: number for number, units in enumerate(FLOORS) for unit in units}


def dotted(path):
    """``admodes/table/linalg.py`` -> ``admodes.table.linalg``, with ``__init__`` as a name of its own."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def unit_of(module):
    """The part of the house that a module belongs to: a subpackage, or a module beside them."""
    return module.split(".")[1]


def target_of(name):
    """The module of the package that a dotted name leads to (itself, its ``__init__``, or its parent's)."""
    while name not in MODULES:
        if f"{name}.__init__" in MODULES:
            return f"{name}.__init__"
        name = name.rpartition(".")[0]
    return name


def imports_of(source, module):
    """Modules of the package that `source` imports, at any depth: (those that run, those for type checkers)."""
    tree = ast.parse(source)
    guarded = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    typing_only = {id(child) for node in guarded for statement in node.body for child in ast.walk(statement)}
    running, typing = set(), set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        found = {target_of(name) for name in names if name.split(".")[0] == "admodes"}
        (typing if id(node) in typing_only else running).update(found)
    return running, typing


def upward_imports(source, module):
    """Imports of `source` that do not go down; what only serves types may name what stands one floor above."""
    running, typing = imports_of(source, module)
    here = FLOOR[unit_of(module)]
    return sorted(
        {target for target in running if unit_of(target) != unit_of(module) and FLOOR[unit_of(target)] >= here}
        | {target for target in typing if FLOOR[unit_of(target)] > here + 1}
    )


def python(*arguments):
    """Run a fresh Python in the project's folder; its standard output and error."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_every_module_has_a_floor():
    """A new module that nobody placed in the house, or a floor for a module that is gone."""
    assert {unit_of(module) for module in MODULES} == set(FLOOR)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_strictly_downward(module):
    """A module that reaches up or sideways, at its head or inside a function."""
    assert upward_imports(MODULES[module].read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize("subpackage", sorted({unit_of(module) for module in MODULES if module.count(".") > 1}))
def test_no_cycles_inside_a_subpackage(subpackage):
    """Two modules of one subpackage that import each other."""
    inside = [module for module in MODULES if unit_of(module) == subpackage]
    graph = {module: imports_of(MODULES[module].read_text(encoding="utf-8"), module)[0] & set(inside) for module in inside}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(inside)


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from .api import gradient", "admodes.tape"),
        ("def late():\n    from . import api", "admodes.tape"),
        ("from ..measure.rows import Row", "admodes.table.linalg"),
        ("import admodes.cli", "admodes.errors"),
        ("from .. import gradient", "admodes.cli.group"),
        ("from .reverse import Reverse", "admodes.forward"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .api import gradient", "admodes.tape"),
    ],
)
def test_planted_upward_imports_are_seen(source, module):
    """A checker of floors that sees nothing."""
    assert len(upward_imports(source, module)) == 1


def test_differences_share_no_code_with_the_rules():
    """Central differences that lean on the table, and so prove nothing about it."""
    for module, path in MODULES.items():
        if unit_of(module) == "finite":
            used = {unit_of(target) for target in imports_of(path.read_text(encoding="utf-8"), module)[0]}
            assert not used & {"rules", "table", "tracing", "tape", "forward", "reverse", "symbolic"}


def test_import_is_cheap():
    """An eager import of a library, or of our own modules that a first look at the package does not need."""
    code = "import sys, numpy; before = set(sys.modules); import admodes; print(*sorted(set(sys.modules) - before))"
    loaded = python("-c", code)[0].split()
    assert {name.split(".")[0] for name in loaded} - sys.stdlib_module_names == {"admodes"}
    assert len(loaded) <= 40, loaded


@pytest.mark.parametrize("method", ["finite", "forward", "reverse"])
def test_a_gradient_loads_only_numpy(method):
    """A gradient of an array that loads SymPy, optree or matplotlib on its way."""
    code = (
        "import sys, numpy; before = set(sys.modules); import admodes\n"
        f"admodes.gradient(lambda x: (x * x).sum(), [1.0, 2.0], method={method!r})\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    assert set(python("-c", code)[0].split()) <= {"admodes", "numpy"}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_no_numpy(option):
    """A command line that makes its user wait for libraries it does not use."""
    trace = python("-X", "importtime", "-m", "admodes", option)[1]
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in trace.splitlines() if line.startswith("import time:")}
    assert "admodes" in loaded
    assert not loaded & {"numpy", "sympy", "matplotlib", "optree", "sklearn"}


def test_version_is_one():
    """A version that is raised in one place and forgotten in another."""
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert citation is not None
    assert citation[1] == ad.__version__
    assert ad.__version__ in python("-m", "admodes", "--version")[0]


def test_public_names_are_all_there_is():
    """A helper that shows up beside the public names, or a public name that does not exist."""
    assert len(set(ad.__all__)) == len(ad.__all__)
    for name in ad.__all__:
        assert getattr(ad, name) is not None
    submodules = {unit_of(module) for module in MODULES}
    # Where the plugin is installed, pytest rewrites the package and leaves names such as "@pytest_ar" in it.
    visible = {name for name in dir(ad) if name.isidentifier() and not name.startswith("_")}
    assert visible - submodules <= set(ad.__all__)
    assert set(ad.__all__) - {"__version__"} <= visible


def test_type_checkers_see_the_public_names():
    """A public name that an editor takes for anything at all, because it is loaded on first use."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [line for line in guarded.body if isinstance(line, ast.ImportFrom)]
    shown = {alias.asname: line.module for line in imports for alias in line.names if alias.asname}
    assert shown == ad._HOME
    typed = [line for line in guarded.body if isinstance(line, ast.AnnAssign)]
    assert {line.target.id: line.annotation.id for line in typed} == {"examples": type(ad.examples).__name__}


def test_unknown_names_are_refused():
    """A lazy package that answers for every name."""
    with pytest.raises(AttributeError, match="gradeint"):
        ad.gradeint  # noqa: B018 the access is what is tested


def sections_of(docstring):
    """Numpydoc sections by their title."""
    parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", docstring, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.mark.parametrize("name", [name for name in ad.__all__ if name != "__version__"])
def test_public_names_are_documented(name):
    """A public name without a summary, its parameters, or an example that runs."""
    value = getattr(ad, name)
    sections = sections_of(inspect.getdoc(value) or "")
    assert sections[""].strip()
    assert ">>>" in sections.get("Examples", ""), "no example"
    entries = re.findall(r"^(\*{0,2}\w[^:\n]*?)(?: :.*)?$", sections.get("Parameters", ""), re.MULTILINE)
    documented = {entry.strip().lstrip("*") for line in entries for entry in line.split(",")}
    assert set(inspect.signature(value).parameters) <= documented
    assert inspect.isclass(value) or "Returns" in sections


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that `pip install .` installs, built from this folder."""
    folder = tmp_path_factory.mktemp("wheel")
    python("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_wheel_ships_the_package_and_nothing_else(wheel):
    """A template, a module or py.typed that works in the source folder and is missing once installed."""
    files = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert "admodes/py.typed" in shipped
    assert shipped == files


def test_wheel_says_what_it_is(wheel):
    """Metadata with another version, Python or licence than the project's, or without the command."""
    names = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    metadata = email.message_from_bytes(wheel.read(names["METADATA"]))
    assert metadata["Name"] == "admodes"
    assert metadata["Version"] == ad.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert "LICENSE" in names
    assert "admodes = admodes.cli:main" in wheel.read(names["entry_points.txt"]).decode()


def test_every_lint_ignore_is_justified():
    """A lint rule that was switched off without a reason, or any of the rules that find real errors."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    ignored = [*lint["ignore"], *(code for codes in lint["per-file-ignores"].values() for code in codes)]
    assert len(ignored) > 10
    for code in ignored:
        assert not re.fullmatch(r"F\d*", code)
        assert re.search(rf'^ *"{code}", +# \S+ \S', text, re.MULTILINE), f"{code} has no reason"


def texts():
    """Every text file of the project, less what the two commands make."""
    suffixes = {".cff", ".css", ".html", ".ipynb", ".j2", ".js", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name != "reports" and not path.name.startswith(".")]
    found = [*ROOT.glob("*.*"), *(file for folder in folders for file in folder.rglob("*"))]
    return [ROOT / "Makefile", ROOT / ".ci" / "run", *(path for path in found if path.suffix in suffixes)]


@pytest.mark.parametrize("reversed_word", ["ODOT", "EMXIF", "KCAH"])
def test_nothing_is_left_for_later(reversed_word):
    """A note to oneself that nobody will read again (written backwards here, or this file would be found)."""
    word = re.compile(rf"\b{reversed_word[::-1]}\b")
    assert [str(path.relative_to(ROOT)) for path in texts() if word.search(path.read_text(encoding="utf-8"))] == []


def test_readme_shows_the_two_commands_first():
    """A newcomer who has to search for the first step, or a command that make does not know."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.index("make report") < readme.index("make test") < readme.index("pip install .")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^report:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)


def test_contributing_shows_the_house_as_it_is():
    """A guide that shows a rule the table does not have, or leaves out a part of the house."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rule = re.search(r"^elementwise\(.*\)$", guide, re.MULTILINE)
    assert rule is not None
    assert rule[0] in (PACKAGE / "table" / "elementwise.py").read_text(encoding="utf-8").splitlines()
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", guide, re.MULTILINE)
    assert {unit: int(number) for number, units in rows for unit in re.findall(r"`(\w+)(?:\.py|/)`", units)} == FLOOR
