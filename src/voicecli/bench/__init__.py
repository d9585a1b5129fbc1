"""A benchmark for users: how fast a conversation is on this machine, and how much of that is due to the pipeline."""
