"""The sound card and sound files: adapters that know nothing of conversations."""
