"""Holds the process to this machine."""

from voicecli.offline.hook import network_refused, refuse_network

__all__ = ["network_refused", "refuse_network"]
