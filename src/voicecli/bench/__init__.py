"""A benchmark that a user can run: how fast a conversation is on this machine, and how much of that the pipeline is good for."""
