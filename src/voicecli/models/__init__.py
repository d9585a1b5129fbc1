"""The models: which there are, which are here, and how one gets here.

`catalog` knows every model by the bytes of its files, `store` keeps them on disk and never hands out a wrong one, `fetch` brings them from
the model hub, the package index or a folder. Nothing here loads a model.
"""
