"""Prevents the process from reaching other machines."""

from voicecli.offline.hook import network_refused, refuse_network

__all__ = ["network_refused", "refuse_network"]
