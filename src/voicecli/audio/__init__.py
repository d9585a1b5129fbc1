"""Adapters for the sound card and for sound files. They know nothing about conversations."""
