"""One tool on one case, whatever it raises."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from .case import Case
from .confusion import Judgement
from .peers import WRONG, Peer


def judge(tool: Peer, case: Case) -> Judgement:
    """What `tool` says about `case`: an error that it raises is a check that fails, so its verdict is "wrong".

    Warnings are not verdicts, and not shown: steps that leave the domain of f cause many.

    Examples
    --------
    >>> from admodes.checking.benchmark.cases import benchmark_cases
    >>> trusting = Peer("trusting", "believes everything", lambda case: ("right", ""))
    >>> judge(trusting, next(case for case in benchmark_cases() if not case.right)).outcome
    'missed'
    """
    calls = 0

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return case.f(*arguments)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            verdict, reason = tool.judge(replace(case, f=counted))
        except UnsupportedError as error:
            verdict, reason = "", str(error)
        except Exception as error:  # noqa: BLE001 - f, grad and other libraries raise anything: it is one cell of the matrix
            verdict, reason = WRONG, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return Judgement(tool.name, case.name, case.category, case.right, verdict, reason, calls)
