"""voicecli: a private voice assistant in the terminal.

Importing the package imports none of its modules. docs/architecture.md says what each room may import.
"""

import os
from typing import Final

__version__ = "0.1.0"

NO_TELEMETRY: Final = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_XET_TELEMETRY_ENABLED": "0",
    "DO_NOT_TRACK": "1",
    "OTEL_SDK_DISABLED": "true",
}
"""Switches off the telemetry of libraries: onnxruntime, huggingface_hub, hf_xet, all that honour DO_NOT_TRACK, and OpenTelemetry.

onnxruntime reads its variable at its import, and writes an identifier at once if it is not set. That is why they are set here, before
any other module of voicecli can import anything, and why child processes inherit them (docs/decisions/0014-no-telemetry.md).
"""

os.environ.update(NO_TELEMETRY)

# numpy's library for matrices would start a thread for each core when it is imported. Nothing here multiplies large matrices with it, and the fence
# around Unix sockets can only be put up by a process without threads (docs/decisions/0016-the-wall.md).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
