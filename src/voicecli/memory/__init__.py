"""Past conversations: a database on this machine, and what is done with it.

`schema` and `database` hold the file, `store` reads it, `removing` takes out of it.
"""
