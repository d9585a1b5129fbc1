"""Engines in processes of their own: what native code brings down is an engine, and never the conversation.

The adapters in `remote` implement the ports of `engines.ports`. Behind each stands a `keeper`, which starts the engine's process, starts it again
when it dies, and repeats the work that was lost. In the process runs `child`; the two talk in the frames of `wire`. `watch` notices that a process
has died or hangs (docs/decisions/0022-processes.md).
"""
