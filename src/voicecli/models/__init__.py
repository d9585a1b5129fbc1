"""The models: which ones exist, which ones are installed, and how to install one.

`catalog` identifies every model by the hashes of its files. `store` keeps models on disk and returns only files whose hashes are right.
`fetch` gets models from the model hub or the package index, and `folder` from files that were copied by hand. No module here loads a model.
"""
