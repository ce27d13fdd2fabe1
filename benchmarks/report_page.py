"""What building a page takes for a large results file.

``python -m benchmarks.report_page RESULTS.jsonl --rows 10000`` copies measured cells until there are as many rows, at other
sizes, so that the map of one problem has thousands of cells; then it times the page and weighs it. A page may take 20 s.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import click

from admodes.report import write_report
from admodes.rows import Row
from admodes.sweeps.results import read_results
from admodes.sweeps.writing import ResultsWriter


def enlarged(rows: list[Row], count: int) -> Iterator[Row]:
    """`count` rows: those measured, then again and again at sizes that no other has."""
    for copy in itertools.count():
        for row in rows[: count - copy * len(rows)]:
            yield replace(row, inputs=row.inputs + copy, outputs=row.outputs + copy if row.part == "grid" else row.outputs)
        if (copy + 1) * len(rows) >= count:
            return


@click.command()
@click.argument("results", type=click.Path(exists=True, dir_okay=False))
@click.option("--rows", "count", default=10_000, show_default=True, help="Rows of the file that the page is made of.")
def main(results: str, count: int) -> None:
    """Print how long the page of a file takes that is as large as asked for, and its size."""
    measured = read_results(results)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jsonl"
        with ResultsWriter(path, measured.grid) as writer:
            for row in enlarged(list(measured.rows), count):
                writer.write_row(row)
            writer.write_end(finished=True, seconds=1.0)
        start = perf_counter()
        page = write_report(path, Path(folder) / "page")
        seconds = perf_counter() - start
        click.echo(f"{count:,} rows: {seconds:.1f} s, {page.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
