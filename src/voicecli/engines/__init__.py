"""The engines: the only room, besides `audio`, that may import heavy packages, and only inside functions."""
