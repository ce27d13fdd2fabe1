"""Checkers of gradients on claims whose truth is known: cases, other libraries' checkers, random campaigns.

`benchmark_checkers` runs it all; ``admodes benchmark-checkers`` is its command.
"""

from .campaign import Rate as Rate
from .campaign import wilson_interval as wilson_interval
from .case import Case as Case
from .cases import benchmark_cases as benchmark_cases
from .cases.held_out import held_out_cases as held_out_cases
from .confusion import Judgement as Judgement
from .judging import judge as judge
from .peers import Peer as Peer
from .random_functions import plant_error as plant_error
from .random_functions import random_case as random_case
from .results import CheckerBenchmark as CheckerBenchmark
from .running import benchmark_checkers as benchmark_checkers
