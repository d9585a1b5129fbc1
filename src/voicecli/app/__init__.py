"""Composes models, sound, session and screen into what the commands run. `chat_session` assembles a conversation."""
