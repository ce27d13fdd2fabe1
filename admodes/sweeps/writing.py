"""The writer of a results file: one at a time, every line on the disk at once, and a clear word where that fails."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from ..errors import OptionError, ResultsError
from .environment import environment
from .results import SCHEMA, Results, read_lines, read_results, to_json
from .unit import Outcome


class ResultsWriter:
    """Appends lines to a results file, a new one or one that is to be resumed.

    While it is open, no other writer can open the same file.

    Parameters
    ----------
    path : str or Path
    grid : dict
        What was asked for; part of the header.
    resume : bool
        Whether the file may hold results already. They stay as they are.

    Attributes
    ----------
    earlier : Results or None
        What the file held.

    Raises
    ------
    FileExistsError
        If there are results at `path`, and they are not to be resumed.
    OptionError
        If what is there is no results file, or one of another schema.
    ResultsError
        If another writer has it, or it cannot be written.
    """

    def __init__(self, path: str | Path, grid: dict[str, Any], *, resume: bool = False) -> None:
        self.path = Path(path)
        self.earlier: Results | None = None
        self._rows = 0
        self._session: dict[str, Any] | None = None  # to be written before the first line of this run
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            self._fail(error)
        try:
            self._lock()
            self._begin(grid, resume=resume)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._file)

    def write_row(self, row: Outcome) -> None:
        """Append one row and wait until it is on the disk."""
        self._write(row.kind, row.to_dict())
        self._rows += 1

    def write_lines(self, lines: Iterable[dict[str, Any]]) -> None:
        """Append lines of another file as they are."""
        self._append("".join(to_json(line) + "\n" for line in lines).encode("utf-8", "replace"))

    def write_machine(self, description: dict[str, Any]) -> None:
        """Say what a worker runs on."""
        self._write("machine", description)

    def write_end(self, *, finished: bool, seconds: float) -> None:
        """Say that the run ended, and whether it finished all cells; where it had nothing to do, nothing is said."""
        if self._session is not None and self.earlier is not None and self.earlier.complete and finished:
            return
        self._write("end", {"finished": finished, "seconds": seconds})

    def _begin(self, grid: dict[str, Any], *, resume: bool) -> None:
        content = {"schema": SCHEMA, "environment": environment(), "grid": grid}
        size = os.fstat(self._file).st_size
        start = os.read(self._file, min(size, 1 << 20))
        if b"\n" not in start and (not start or start.startswith(b'{"kind": "header"')):  # new, or cut off in its first moment
            if size:
                os.ftruncate(self._file, 0)
            self._write("header", content)
            _sync_folder(self.path.parent)
            return
        if not resume:
            raise FileExistsError(errno.EEXIST, "there are results already, and they are never overwritten", str(self.path))
        header, *lines = read_lines(self.path)
        if header["schema"] != SCHEMA:
            raise OptionError(
                f"{self.path} has schema {header['schema']} and cannot be resumed: this version of admodes writes {SCHEMA}. "
                "Sweep into a new file."
            )
        self._close_last_line(torn=bool(lines) and lines[-1].get("kind") == "torn")
        self.earlier = read_results(self.path)
        self._session = content

    def _close_last_line(self, *, torn: bool) -> None:
        """Where a crash cut the last line off, keep what there is of it as a line that says so."""
        text = self.path.read_bytes()
        if torn:
            start = text.rstrip(b"\n").rfind(b"\n") + 1
            os.ftruncate(self._file, start)
            self._write("torn", {"text": text[start:].decode(errors="replace")})
        elif not text.endswith(b"\n"):
            self._append(b"\n")

    def _write(self, kind: str, content: dict[str, Any]) -> None:
        if self._session is not None and kind != "torn":
            session, self._session = self._session, None
            self._write("session", session)
        self._append((to_json({"kind": kind, **content}) + "\n").encode("utf-8", "replace"))

    def _append(self, line: bytes) -> None:
        """Write a whole line and wait for the disk, or leave the file as it was."""
        before = os.lseek(self._file, 0, os.SEEK_END)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, before)
            self._fail(error)

    def _lock(self) -> None:
        """Keep every other writer out; the system lifts the lock when this process ends, however it ends."""
        try:
            if os.name == "nt":
                import msvcrt

                # A byte far beyond the end: on Windows nobody could read a byte that is locked.
                os.lseek(self._file, 1 << 40, os.SEEK_SET)
                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise ResultsError(
                    f"{self.path} is being written by another sweep. Wait for it, or choose another file: each has one writer."
                ) from error
            self._fail(error)

    def _fail(self, error: OSError) -> NoReturn:
        """Say what the system refused, what is kept, and what to do."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            cure = "Make room and start the same sweep again: it goes on where it stopped"
        else:
            cure = "Choose another file, in a folder that can be written"
        kept = f" {self._rows} rows of this run are in it." if self._rows else ""
        raise ResultsError(f"{self.path} cannot be written: {error.strerror}.{kept} {cure}.") from error


def _sync_folder(folder: Path) -> None:
    """Wait until the new file's name is on the disk too, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
