"""`python -m voicecli`."""

from __future__ import annotations

import sys

from voicecli.cli.main import main

sys.exit(main())
