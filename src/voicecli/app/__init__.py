"""Composes models, sound, session and screen into what the commands run. `chat_session` is where a conversation is put together."""
