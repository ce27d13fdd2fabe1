"""The notebooks: they run from the first cell to the last, and what they show was made that way."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 1_000_000  # bytes


@pytest.fixture(scope="module")
def execute():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.execute


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    """A folder that was moved, so that the tests below test nothing."""
    assert [path.name.partition("_")[0] for path in NOTEBOOKS] == [str(number) for number in range(1, len(NOTEBOOKS) + 1)]
    assert "3_which_mode_when.ipynb" in [path.name for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_outputs_are_those_of_one_run(path):
    """A notebook that is too large, that was not run from top to bottom, or that shows an error."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < LARGEST
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")  # what Jupyter warns of is Jupyter's
def test_notebooks_run(path, execute):
    """A cell that raises; `execute` passes its error on."""
    outputs = [output for cell in code_cells(execute(path)) for output in cell["outputs"]]
    assert outputs
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.filterwarnings("default")
def test_every_figure_is_shown(execute, tmp_path):
    """A first figure after which the notebook shows no further one: its backend is loaded while it is drawn."""
    lines = ["import admodes as ad", "found = ad.sweep('rosenbrock', [2, 4], methods=['reverse'], progress=False)"]
    sources = ["\n".join(lines), "found.plot_cost();", "found.plot_error();"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, tmp_path / "figures.ipynb")
    shown = [[list(output["data"]) for output in cell["outputs"]] for cell in code_cells(execute(tmp_path / "figures.ipynb"))]
    assert ["image/png" in names for names in shown[1] + shown[2]] == [True, True]
