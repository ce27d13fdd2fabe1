"""Sweeps on a real Dask cluster: workers come and go, the rows stay."""

import os
import signal
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner
from sweep_cases import CUBES, grid, hang_in_compiled_code, problem, segfault

import admodes as ad
from admodes import cli
from admodes.errors import SweepError, UnsupportedError
from admodes.sweeps import clusters
from admodes.sweeps.clusters import dask_executor
from admodes.sweeps.results import read_results

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask's own threads are none of ours


@pytest.fixture(scope="module")
def cluster():
    """Two workers, each a process."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50, host="127.0.0.1"
    ) as own:
        yield own


def naps(n, m, rng):
    """Long enough that a cell is in flight when its worker is killed."""

    def f(x):
        time.sleep(0.005)
        return np.sum(x**2)

    return f, rng.uniform(1.0, 2.0, n)


def test_a_sweep_outlives_a_worker(cluster, tmp_path):
    """Breaks if a killed worker loses a cell, doubles one, or ends the sweep."""
    own, killed = grid(ad.Problem("naps", naps, lambda f, x: 2 * x), inputs=range(1, 7)), []
    with distributed.Client(cluster) as client, client.get_executor(pure=False) as executor:
        before = client.run(os.getpid)

        def kill_one(_row, done, _total):
            if done == 3:
                killed.append(min(before.values()))
                os.kill(killed[0], signal.SIGKILL)

        found = ad.sweep(own, executor=executor, workers=2, out=tmp_path / "r.jsonl", progress=kill_one)
        assert killed
        assert killed[0] not in client.run(os.getpid).values()
    assert [row.status for row in found] == ["ok"] * 12
    lines = (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum('"kind": "row"' in line for line in lines) == 12
    assert found.results.complete
    alone = ad.sweep(own)
    assert {row.key: (row.error, row.calls) for row in found} == {row.key: (row.error, row.calls) for row in alone}


def test_a_cell_that_crashes_does_not_cost_a_worker(cluster, tmp_path):
    """Breaks if a segfault, or a call that hangs, takes a worker of the cluster with it."""
    with distributed.Client(cluster) as client, client.get_executor(pure=False) as executor:
        before = set(client.run(os.getpid).values())
        own = grid(problem("crashes", segfault), problem("hangs", hang_in_compiled_code), CUBES, inputs=(2,), seconds=4.0)
        found = ad.sweep(own, executor=executor, workers=2, out=tmp_path / "r.jsonl")
        assert set(client.run(os.getpid).values()) == before
    assert {(row.problem, row.status) for row in found} == {("crashes", "error"), ("hangs", "timeout"), ("cubes", "ok")}


def test_the_command_runs_on_a_cluster(cluster, tmp_path, monkeypatch):
    """Breaks if --dask does not reach the cluster, or the file does not say which machine measured."""
    monkeypatch.chdir(tmp_path)
    arguments = ["sweep", "rosenbrock", "--inputs", "4", "--methods", "forward", "--dask", cluster.scheduler_address]
    result = CliRunner().invoke(cli.main, arguments)
    assert result.stdout.strip() == "1 cell in sweep-rosenbrock.jsonl: ok 1", (result.output, result.exception)
    assert len(read_results("sweep-rosenbrock.jsonl").machines) == 1


def test_without_a_cluster_there_is_one_message(monkeypatch):
    """Breaks if a missing scheduler, missing workers or a missing package ends in a traceback of Dask's."""
    monkeypatch.setattr(clusters, "_PATIENCE", 1)
    with pytest.raises(SweepError, match="There is no Dask scheduler"), dask_executor("tcp://127.0.0.1:1"):
        pass
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1") as empty,
        pytest.raises(SweepError, match="has no workers yet"),
        dask_executor(empty.scheduler_address),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'admodes\[dask\]'"), dask_executor("tcp://127.0.0.1:1"):
        pass
