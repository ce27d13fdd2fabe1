"""Runs the benchmark: every tool on every case, and the campaigns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tqdm import tqdm

from ...errors import OptionError
from .apart import judge_apart
from .campaign import ERRORS, Rate, run_campaign
from .case import Case
from .cases import benchmark_cases
from .confusion import Judgement
from .judging import judge
from .peers import OURS, Peer, find_peers
from .random_functions import SCALES
from .results import CheckerBenchmark


def benchmark_checkers(
    peers: Sequence[str] | None = None,
    *,
    ours: Peer = OURS,
    cases: Callable[[], Iterable[Case]] = benchmark_cases,
    campaign: int = 0,
    seed: int = 0,
    seconds: float = 120.0,
) -> CheckerBenchmark:
    """Let our checker and its peers judge claims whose truth is known.

    Parameters
    ----------
    peers : sequence of str, optional
        Names of peers: "scipy", "scipy-relative", "torch", "torch-fast", "jax", "autograd", "numdifftools". All by
        default; those that are not installed are skipped, and the result says so.
    ours : Peer
        The checker to stand in the first row.
    cases : callable
        Makes the cases, anew for each tool: some have a state. A function of a module: peers run in processes of their own.
    campaign : int
        Random functions for each of "order one" and "mixed scales", each right and with planted errors; 0 for none.
    seed : int
        Of the campaign.
    seconds : float
        The most for one case of a peer. One that takes longer, or that crashes, is "inconclusive" about this case.

    Returns
    -------
    CheckerBenchmark

    Raises
    ------
    OptionError
        There is no peer of that name, or `campaign` is negative.

    Examples
    --------
    >>> trusting = Peer("trusting", "believes everything", lambda case: ("right", ""))
    >>> found = benchmark_checkers([], ours=trusting)
    >>> found.counts("trusting")["false alarm"], found.counts("trusting")["missed"] > 50
    (0, True)
    """
    if campaign < 0:
        raise OptionError(f"A campaign of {campaign} functions cannot be run. Write 0 for none, or a number such as 200.")
    candidates = [ours, *find_peers(peers)]
    skipped = {tool.name: reason for tool in candidates if (reason := tool.missing())}
    tools = [tool for tool in candidates if tool.name not in skipped]
    judgements: list[Judgement] = []
    for tool in tools:
        said = judge_apart(tool, cases, seconds) if tool.library else (judge(tool, case) for case in cases())
        judgements.extend(tqdm(said, desc=tool.name, total=len(list(cases())), unit="case", leave=False, disable=None))
    rates: tuple[Rate, ...] = ()
    if campaign:
        total = len(tools) * len(SCALES) * len(ERRORS)
        runs = tqdm(run_campaign(tools, campaign, seed), desc="campaign", total=total, leave=False, disable=None)
        rates = tuple(runs)
    return CheckerBenchmark({tool.name: tool.rule for tool in tools}, skipped, tuple(judgements), rates)
