"""voicecli: a private voice assistant in the terminal.

Importing the package imports nothing else of ours; every room says what it may import (docs/architecture.md).
"""

import os
from typing import Final

__version__ = "0.1.0"

NO_TELEMETRY: Final = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_XET_TELEMETRY_ENABLED": "0",
    "DO_NOT_TRACK": "1",
}
"""What switches off the telemetry of libraries: onnxruntime, huggingface_hub, hf_xet, and whoever honours the last one.

onnxruntime reads its variable when it is imported, and writes an identifier at once if it is not set. That is why they are set here, before
any other module of ours can import anything, and why child processes inherit them (docs/decisions/0014-no-telemetry.md).
"""

os.environ.update(NO_TELEMETRY)
