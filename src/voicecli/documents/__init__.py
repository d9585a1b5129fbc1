"""Files that the user names: opened safely, split into sections and passages, searched, quoted and read aloud.

Nothing but what was named is ever read. The text of a file is data: it reaches the model as a quotation only.
"""
