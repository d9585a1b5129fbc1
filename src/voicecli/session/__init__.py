"""The conversation: a pure state machine, and the conductor that carries out its commands."""
