"""A conversation without a microphone: spoken questions go in as files, the answers come out as text and as out.wav."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from speech_fixtures import QUESTIONS, speak, voicecli


def main() -> int:
    """Holds it; gives the exit code of `voicecli chat`."""
    output = Path("out.wav")
    with tempfile.TemporaryDirectory() as folder:
        questions = speak(QUESTIONS[:3], Path(folder))
        files = [argument for path in questions for argument in ("--mic", str(path))]
        code = subprocess.run(
            voicecli("chat", "--no-save", *files, "--speaker", str(output), *sys.argv[1:]), check=False
        ).returncode
    print(f"What was to be heard is in {output}.", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
