"""What every command does before it loads an engine: shut the network out, and keep native libraries off the screen."""

from __future__ import annotations

import faulthandler
import sys


def prepare() -> None:
    """From now on no connection leaves this machine, and what native code writes goes to the log.

    Should native code bring the process down, the reason still reaches the user's terminal.

    Raises:
        ConfigError: The log cannot be written.
    """
    from voicecli.audio.noise import redirect_native_stderr
    from voicecli.config import paths
    from voicecli.errors import ConfigError
    from voicecli.offline import refuse_network

    refuse_network()
    try:
        redirect_native_stderr(paths.private_dir(paths.log_dir()) / "native.log")
    except OSError as error:
        raise ConfigError(
            f"The log folder {paths.log_dir()} cannot be written: {error.strerror}.", f"ls -ld {paths.log_dir()}"
        ) from error
    faulthandler.enable(file=sys.stderr)
