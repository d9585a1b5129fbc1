"""The engines. Besides `audio`, only this package may import heavy packages, and only inside functions."""
