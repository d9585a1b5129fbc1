"""Settings: what there is to set (`schema`), where a value comes from (`load`), how one is kept (`write`), where files live (`paths`).

Every setting has a type, a default, a unit in its name, a range and one sentence; `docs/configuration.md` is made from them.
"""
