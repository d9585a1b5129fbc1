"""If the model hub is reachable, a new user gets Llama 3.2: chosen, downloaded by its hash, and used."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import pytest

import llama3_parts
import llama3_shape
from fakes import catalog_player
from fakes.hub import FakeHub

pytestmark = pytest.mark.engines

LLAMA = "llama-3.2-3b"
GGUF = "Llama-3.2-3B-Instruct-Q4_K_M.gguf"
TEMPLATE = "meta-llama-Llama-3.2-3B-Instruct.jinja"
LIMIT_S = 300.0


def with_files(text: str, model: str, files: Mapping[str, Path]) -> str:
    """The catalogue `text` in which the first variant of `model` has these files, under these names."""
    rows = [
        f'  {{ path = "{name}", size = {path.stat().st_size}, sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}" }},'
        for name, path in files.items()
    ]
    before, _, rest = text.partition(f'name = "{model}"\n')
    replaced = re.sub(r"files = \[.*?\n\]", "files = [\n" + "\n".join(rows) + "\n]", rest, count=1, flags=re.DOTALL)
    return f'{before}name = "{model}"\n{replaced}'


@pytest.fixture(scope="module")
def shaped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tokenizer, the template and the stop tokens of Llama 3.2, and two untrained layers."""
    path = tmp_path_factory.mktemp("hub") / GGUF
    template = Path(llama3_parts.folder(), TEMPLATE).read_text(encoding="utf-8")
    shape = llama3_shape.shaped("1b", layers=2, width=256)
    llama3_shape.write(llama3_parts.folder() / "tokenizer.json", template, path, shape, title=LLAMA)
    return path


def test_a_machine_that_reaches_the_hub_talks_with_llama(
    shaped: Path, model_path: Callable[[str, str], Path], tmp_path: Path
) -> None:
    models = tmp_path / "models"
    recogniser = {path.name: path for path in model_path("stt", "whisper-base").iterdir()}
    here = {
        "stt/whisper-base": model_path("stt", "whisper-base"),
        "stt/whisper-small": model_path("stt", "whisper-base"),  # which of them is chosen depends on the machine
        "voice/en_US-joe-medium": model_path("voice", "en_US-joe-medium"),
        "turn/smart-turn-v3.2": model_path("turn", "smart-turn-v3.2"),
    }
    for folder, origin in here.items():
        (models / folder).mkdir(parents=True)
        for file in (origin.parent if origin.is_file() else origin).iterdir():
            os.link(file, models / folder / file.name)
    text = resources.files("voicecli.models").joinpath("catalog.toml").read_text(encoding="utf-8")
    text = with_files(with_files(text, LLAMA, {GGUF: shaped}), "whisper-small", recogniser)
    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text(text, encoding="utf-8")
    revision = re.search(rf'name = "{LLAMA}"\n.*?repo = "(.*?)"\nrevision = "(.*?)"', text, re.DOTALL)
    assert revision is not None
    with FakeHub({f"/{revision[1]}/resolve/{revision[2]}/{GGUF}": shaped.read_bytes()}) as hub:
        env = {**os.environ, "HF_ENDPOINT": hub.address, "VOICECLI_MODELS": str(models)}

        def voicecli(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
            command = [sys.executable, str(catalog_player.__file__), str(catalogue), *arguments]
            return subprocess.run(
                command, input=stdin, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=env
            )

        got = voicecli("models", "get")
        assert got.returncode == 0, got.stderr
        assert f"Chosen for this machine: {LLAMA}, " in got.stderr
        assert f"{LLAMA}: downloaded from the model hub" in got.stdout
        assert len(hub.requests) > 0
        asked = len(hub.requests)
        talk = voicecli("chat", "--json", "--speaker", "none", stdin="Hello.\n")
        assert len(hub.requests) == asked  # a conversation asks nobody
    assert talk.returncode == 0, talk.stderr
    events = [json.loads(line) for line in talk.stdout.splitlines()]
    ready = next(event for event in events if event["event"] == "ready")
    assert ready["models"]["llm"] == LLAMA
    assert [event["event"] for event in events][-1] == "bye"
    assert events[-1]["turns"] == 1
