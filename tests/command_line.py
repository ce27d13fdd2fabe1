"""What the tests of commands share: a folder to run them in, with a module of the user's."""

import contextlib
import sys

from click.testing import CliRunner

from admodes import cli

#: Functions of a model that several commands are asked about.
COMMON = """
import numpy as np

def tree(p):
    return p["b"] * np.sum(p["w"] ** 2)

def broken(x):
    raise RuntimeError("out of luck")
"""


@contextlib.contextmanager
def commands_in(folder, monkeypatch, **modules):
    """Runs commands in `folder`, with modules of these names and texts; what is imported there is forgotten afterwards."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    yield lambda *arguments: CliRunner().invoke(cli.main, [str(argument) for argument in arguments], catch_exceptions=True)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
