"""Pages of a model file that are no longer needed are removed from the process."""

from __future__ import annotations

import mmap
import re
import sys
from pathlib import Path

import pytest

from voicecli.engines.native_memory import unmap_pages

SIZE = 4 << 20


def resident_kib(path: Path) -> int:
    """How much of a mapped file is resident in this process, in KiB."""
    rows = Path("/proc/self/smaps").read_text(encoding="utf-8")
    found = re.search(rf" {re.escape(str(path))}\n.*?^Rss: +(\d+)", rows, re.DOTALL | re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and can")
def test_pages_of_a_model_leave_and_come_back_when_they_are_read(tmp_path: Path) -> None:
    model, part, other = tmp_path / "m-00001-of-2.gguf", tmp_path / "m-00002-of-2.gguf", tmp_path / "notes.txt"
    maps = {}
    for path in (model, part, other):
        path.write_bytes(bytes([7]) * SIZE)
        with path.open("rb") as file:
            maps[path] = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        assert maps[path][::4096].count(7) == SIZE // 4096
        assert resident_kib(path) == SIZE >> 10
    unmap_pages(model)
    assert [resident_kib(path) for path in (model, part, other)] == [0, 0, SIZE >> 10]
    assert maps[model][SIZE // 2] == 7
    assert resident_kib(model) > 0
