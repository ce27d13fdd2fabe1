"""Time admodes beside autograd, PyTorch and JAX: ``python -m benchmarks.peers --help``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

PEER_NAMES = ("autograd", "torch", "torch-fused", "jax", "jax-jit")
DEFAULT_PEERS = ("autograd", "torch", "torch-fused")


def use_one_thread(peers: Sequence[str]) -> None:
    """One thread for every library of this process; numerical libraries read this when they are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # XLA has a pool of its own that no variable bounds, so with JAX the process keeps to one core where the system
    # allows it; without JAX it may move to the quieter core.
    if any(peer.startswith("jax") for peer in peers) and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def parse_peers(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The peers named in `text`, an empty text being none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in PEER_NAMES]
    if unknown:
        raise click.BadParameter(f"no peer is called {', '.join(unknown)}; there are {', '.join(PEER_NAMES)}.")
    return list(dict.fromkeys(names))


def select(names: Sequence[str], beginnings: Sequence[str]) -> list[int]:
    """The positions of the workloads whose names have one of these beginnings (all without any)."""
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in names):
            raise click.BadParameter(f"no workload begins with {beginning!r}; there are {', '.join(names)}.", param_hint="--only")
    wanted = tuple(beginnings) or ("",)
    return [position for position, name in enumerate(names) if name.startswith(wanted)]


def write_line(file: IO[str] | None, record: dict[str, Any]) -> None:
    """One line of JSON on the disk, if there is a file."""
    if file is not None:
        file.write(json.dumps(record) + "\n")
        file.flush()
        os.fsync(file.fileno())


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True, help="Interleaved rounds.")
@click.option("--only", multiple=True, metavar="NAME", help="A workload, or how several begin; may be repeated.")
@click.option(
    "--peers",
    default=",".join(DEFAULT_PEERS),
    show_default=True,
    callback=parse_peers,
    metavar="NAMES",
    help=f"With commas between, of {', '.join(PEER_NAMES)}.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="A new file for the raw samples, as JSON Lines.")
def main(rounds: int, only: tuple[str, ...], peers: list[str], json_path: Path | None) -> None:
    """Time admodes beside other libraries; a Markdown table goes to stdout.

    The exit status is 1 where admodes or a peer that was asked for is missing, or where two libraries disagree.
    """
    if "numpy" in sys.modules:
        raise click.ClickException("NumPy is loaded already, with threads of its own choice; start a new process.")
    use_one_thread(peers)
    # These import NumPy, which must not happen before.
    from .measurement import describe_environment, measure, settle_allocator
    from .table import render_environment, render_growth, render_results
    from .timing import DisagreementError
    from .workloads import WORKLOADS

    chosen = [WORKLOADS[position] for position in select([workload.name for workload in WORKLOADS], only)]
    try:
        file = None if json_path is None else json_path.open("x", encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{error.strerror}: {json_path}. Name a new file.", param_hint="--json") from None
    settle_allocator()
    environment = describe_environment(peers, rounds)
    click.echo(render_environment(environment))
    records = []
    try:
        write_line(file, environment)
        for workload in chosen:
            click.echo(f"measuring {workload.name}", err=True)
            records.append(measure(workload, environment["available"], rounds))
            write_line(file, records[-1])
    except DisagreementError as error:
        raise click.ClickException(str(error)) from error
    finally:
        if file is not None:
            file.close()
    click.echo(render_results(records))
    click.echo(render_growth(records))
    sys.exit(1 if environment["missing"] else 0)


if __name__ == "__main__":
    main()
