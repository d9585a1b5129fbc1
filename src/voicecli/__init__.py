"""voicecli: a private voice assistant in the terminal.

Importing the package imports nothing else; every room says what it may import (docs/architecture.md).
"""

__version__ = "0.1.0"
