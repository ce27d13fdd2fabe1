"""The process that cells are run by: it has NumPy, SymPy and admodes loaded, and forks a child for every cell.

A child is killed at its deadline, has a limit on its memory, and takes nobody with it when it hangs or
crashes. The process serves one cell at a time over its standard input and output; when these are closed, which is
what happens when its owner dies, it kills the child and ends. Where there is no fork, a fresh
interpreter runs `serve_once` for every cell, and its owner kills it at the deadline.

A request is a line of JSON with the limits and a pickled unit of work: a cell, or the test of a claim;
a reply is JSON: either ``{"row": ...}`` or ``{"status": ..., "reason": ...}``.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NoReturn

from ..formatting import format_bytes, format_number
from .channels import claim_channels, is_whole, read_message, write_message
from .memory import limit_memory, memory_of_the_machine

#: Seconds between two looks at whether the child still lives (its pipe may be held open by a child of its own).
_LOOK = 0.25
#: Seconds that loading the modules of a cell may take.
_LOADING = 60.0
#: Bytes of a child's error output that are kept: the last ones.
_TAIL = 2000
#: A child that the system killed while it had this part of the memory is taken to have been killed for it.
_LARGE_PART = 0.5


def serve() -> None:
    """Answer requests until there are no more."""
    requests, replies = claim_channels()
    write_message(replies, json.dumps({"environment": _preload()}).encode())
    gc.freeze()  # what is loaded stays shared with the children
    refused: set[str] = set()
    while (request := read_message(requests)) is not None:
        reply = json.loads(_supervise(request, (requests, replies)))
        loaded = [name for name in reply.pop("loaded", []) if name not in sys.modules and name not in refused]
        write_message(replies, json.dumps(reply).encode())
        if loaded and not _load(loaded):
            refused.update(loaded)


def serve_once() -> None:
    """Answer one request in this very process."""
    from .environment import environment

    requests, replies = claim_channels()
    request = read_message(requests)
    if request is not None:
        reply = {"environment": environment()} | json.loads(_answer(request))
        write_message(replies, json.dumps(reply).encode())


def _preload() -> dict[str, Any]:
    """Load what cells need, and return what is known of this machine."""
    import cloudpickle  # noqa: F401 - cells come pickled by it
    import numpy as np

    from ..api import differentiate
    from .environment import environment

    for method in ("finite", "symbolic", "forward", "reverse"):
        differentiate(lambda x: np.tanh(x @ x), np.ones(2), method)
    return environment()


def _load(modules: list[str]) -> bool:
    """Load what the last cell had to load, so that the next one need not, unless that fails or starts threads.

    A process that has threads cannot be forked safely. A child tries it first.
    """
    child = os.fork()
    if child == 0:
        before, code = _threads(), 1
        try:
            for name in modules:
                importlib.import_module(name)
            code = int(_threads() > before)
        finally:
            os._exit(code)
    deadline = monotonic() + _LOADING
    while (ended := _wait(child, os.WNOHANG)) is None and monotonic() < deadline:
        sleep(0.01)
    if ended is None:
        _end(child)
    if ended is None or ended[0]:
        return False
    for name in modules:
        importlib.import_module(name)
    gc.freeze()
    return True


def _threads() -> int:
    """Threads of this process, those of libraries included."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return threading.active_count()


def _answer(request: bytes) -> bytes:
    """Run the cell of a request in this process."""
    import cloudpickle

    from .environment import machine_name
    from .results import to_json

    limits, _, body = request.partition(b"\n")
    before = set(sys.modules)
    release = limit_memory(json.loads(limits)["memory"])
    try:
        row = cloudpickle.loads(body).run()
    except MemoryError:
        release()
        return _ended("out of memory", "the cell asked for more memory than it is allowed")
    except BaseException as error:  # noqa: BLE001 - whatever it is, Ctrl-C and sys.exit of f's included: it ends this cell only
        release()
        return _ended("error", f"{type(error).__name__}: {error}")
    release()
    loaded = [name for name in sys.modules if name not in before]
    return to_json({"row": row.to_dict() | {"machine": machine_name()}, "loaded": loaded}).encode()


def _supervise(request: bytes, channels: tuple[int, int]) -> bytes:
    """Fork a child for the request, and see it to its end."""
    limits = json.loads(request.partition(b"\n")[0])
    (result, result_end), (errors, errors_end) = os.pipe(), os.pipe()
    start = monotonic()
    child = os.fork()
    if child == 0:
        for channel in (*channels, result, errors):  # or the owner would not see that this process has ended
            os.close(channel)
        _be_the_child(request, result_end, errors_end)
    os.close(result_end)
    os.close(errors_end)
    try:
        reply, tail, status = _watch(child, result, errors, channels[0], start + limits["seconds"])
    finally:
        os.close(result)
        os.close(errors)
    if reply:
        return reply
    seconds = monotonic() - start
    if status is None:
        return _ended("timeout", f"killed after {format_number(seconds)} s", stopped_after=seconds)
    return _post_mortem(*status, tail)


def _be_the_child(request: bytes, result: int, errors: int) -> NoReturn:
    """Run the cell in a session of our own, so that all that it starts can be killed with it."""
    code = 1
    try:
        os.setsid()
        _die_with_the_parent()
        os.dup2(errors, 2)
        faulthandler.enable()
        write_message(result, _answer(request))
        code = 0
    finally:
        os._exit(code)


def _die_with_the_parent() -> None:
    """Have Linux kill this process when its parent is killed; elsewhere it runs to its end."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _watch(child: int, result: int, errors: int, requests: int, deadline: float) -> tuple[bytes, bytes, tuple[int, int] | None]:
    """The child's reply, the last of its error output, and how it ended (None: at the deadline)."""
    reply, tail, open_ends = b"", b"", {result, errors, requests}
    ended: tuple[int, int] | None = None
    while not is_whole(reply) and result in open_ends and ended is None and (left := deadline - monotonic()) > 0:
        for ready in select.select(list(open_ends), [], [], min(left, _LOOK))[0]:
            if ready == requests:  # the owner is gone: nobody asks anything while a cell runs
                _end(child)
                sys.exit(0)
            chunk = os.read(ready, 1 << 16)
            if not chunk:
                open_ends.discard(ready)
            elif ready == result:
                reply += chunk
            else:
                tail = (tail + chunk)[-_TAIL:]
        ended = _wait(child, os.WNOHANG)
    reply += _what_is_left(result)
    if ended is None and result not in open_ends and not is_whole(reply):
        ended = _wait(child, 0)
    _end(child, already=ended is not None)
    return (reply[8:] if is_whole(reply) else b""), (tail + _what_is_left(errors))[-_TAIL:], ended


def _what_is_left(pipe: int) -> bytes:
    """What stands in a pipe by now."""
    parts = []
    while select.select([pipe], [], [], 0)[0] and (chunk := os.read(pipe, 1 << 16)):
        parts.append(chunk)
    return b"".join(parts)


def _wait(child: int, options: int) -> tuple[int, int] | None:
    """The child's exit code (minus the signal) and its largest size in bytes, where it has ended."""
    pid, status, usage = os.wait4(child, options)
    unit = 1 if sys.platform == "darwin" else 1024
    return (os.waitstatus_to_exitcode(status), usage.ru_maxrss * unit) if pid else None


def _end(child: int, *, already: bool = False) -> None:
    """Kill the child and all that it has started."""
    for kill, target in ((os.killpg, child), (os.kill, child)):
        if already and kill is os.kill:
            continue
        try:
            kill(target, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    if not already:
        os.waitpid(child, 0)


def _post_mortem(code: int, size: int, tail: bytes) -> bytes:
    """What to say of a child that ended without a reply."""
    said = _last_words(tail)
    if code == -signal.SIGKILL:
        whole = memory_of_the_machine()
        peak = f"killed by the system, with {format_bytes(size)} of memory"
        return _ended("out of memory" if size > _LARGE_PART * whole else "error", f"{peak}{said}")
    if code < 0:
        return _ended("error", f"crashed: {signal.strsignal(-code) or f'signal {-code}'}{said}")
    return _ended("error", f"the process ended by itself with exit code {code}{said}")


def _last_words(tail: bytes) -> str:
    """The line of the error output that says most: the first of a crash report, else the last one."""
    lines = [line.strip() for line in tail.decode(errors="replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    return f" ({(fatal or lines[-1:])[0][:300]})" if lines else ""


def _ended(status: str, reason: str, **columns: float) -> bytes:
    return json.dumps({"status": status, "reason": reason, **columns}).encode()
