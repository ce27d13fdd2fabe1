"""Where a report goes: folders that are never overwritten."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


def new_folder(place: Path) -> tuple[Path, list[str]]:
    """A new folder named `place` and the date, and the names of its predecessors."""
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    place.parent.mkdir(parents=True, exist_ok=True)
    earlier = sorted(other.name for other in place.parent.glob(f"{place.name}-[0-9]*") if other.is_dir())
    for number in range(1, 1000):
        folder = place.with_name(f"{place.name}-{stamp}{'' if number == 1 else f'-{number}'}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder, earlier
    raise FileExistsError(f"There are 999 folders {place}-{stamp}-* already. Choose another --out.")
