"""Checkers that hang, crash, end their process or print, for processes of their own."""

import os
import signal
import time

from admodes.checking.benchmark import Peer, benchmark_cases

HANGS, CRASHES, LEAVES = "half", "linear", "tuple"


def four_cases():
    return [case for case in benchmark_cases() if case.name in (HANGS, CRASHES, LEAVES, "relu at 0, 1")]


def rude(case):
    print("a line that is no answer")
    if case.name == HANGS:
        time.sleep(600)
    if case.name == CRASHES:
        os.kill(os.getpid(), signal.SIGKILL)
    if case.name == LEAVES:
        os._exit(3)
    return "right", "a reason"


def hopeless(case):
    os._exit(4)


RUDE = Peer("rude", "hangs, crashes, leaves", rude, "time")
HOPELESS = Peer("hopeless", "always leaves", hopeless, "time")
