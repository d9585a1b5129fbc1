"""Prevents the process from reaching other machines."""

from voicecli.offline.audit_hook import network_refused, refuse_network

__all__ = ["network_refused", "refuse_network"]
