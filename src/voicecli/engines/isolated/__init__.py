"""Runs engines in processes of their own, so that a crash in native code ends an engine and not the conversation.

The adapters in `proxies` implement the ports of `engines.ports`. Each has a `supervisor`, which starts the engine's process, starts it again when it
dies, and repeats the work that was lost. `child` runs in the process; the two sides exchange the frames of `framing`. `monitor` detects that a
process has died or hangs (docs/decisions/0022-processes.md).
"""
