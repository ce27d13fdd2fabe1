"""Messages between a sweep and the processes of its cells: a length of eight bytes and a body, over pipes."""

from __future__ import annotations

import os
import struct


def claim_channels() -> tuple[int, int]:
    """Standard input and output as descriptors of our own: what f prints must not mix with replies."""
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, replies


def write_message(channel: int, body: bytes) -> None:
    """Write a whole message, however many writes it takes."""
    rest = memoryview(struct.pack("<q", len(body)) + body)
    while rest:
        rest = rest[os.write(channel, rest) :]


def read_message(channel: int) -> bytes | None:
    """The next message; None where there is none any more."""
    head = _read_exactly(channel, 8)
    return None if head is None else _read_exactly(channel, struct.unpack("<q", head)[0])


def _read_exactly(channel: int, count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        part = os.read(channel, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def is_whole(message: bytes) -> bool:
    """Whether these bytes hold a message to its end."""
    return len(message) >= 8 and len(message) - 8 >= struct.unpack("<q", message[:8])[0]
