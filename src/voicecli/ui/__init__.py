"""Shows a session to a user or a program. It reads events and calls nothing.

`Transcript` folds events into what there is to show. `LiveScreen` (a terminal), `PlainLines` (a pipe) and `JsonLines` (a program)
are the three ways to show it. All of them are an `EventSink`.
"""
