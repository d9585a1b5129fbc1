"""`voicecli` as a program with another catalogue of models: `python catalog_player.py CATALOGUE.toml ARGUMENTS…`."""

from __future__ import annotations

import sys
from pathlib import Path

from voicecli.cli.main import main
from voicecli.models import catalog

if __name__ == "__main__":
    played = catalog.parse(Path(sys.argv.pop(1)).read_text(encoding="utf-8"))
    catalog.load = lambda: played  # type: ignore[assignment] # the cached function of the same shape
    main()
