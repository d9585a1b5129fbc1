"""What a person or a program gets to see of a session: reads events, calls nothing.

`Transcript` folds events into what there is to show; `LiveScreen` (a terminal), `PlainLines` (a pipe) and `JsonLines` (a program)
are the three ways to show it, and all are an `EventSink`.
"""
