"""Saved conversations: a database on this machine, and what writes, reads and removes them.

`schema` and `database` define and open the file, `writing` writes into it, `store` reads it, `removing` removes from it. `tracker` turns the
events of a session into turns to be saved, and `recorder` saves them in a thread of its own.
"""
