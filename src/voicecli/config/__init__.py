"""Settings: their definition (`schema`), loading (`load`), saving (`write`), and the paths of files (`paths`).

Every setting has a type, a default, a unit in its name, a range and one sentence. `docs/configuration.md` is made from them.
"""
