"""The tools of the assistant: definitions, the rules that call them, and their results."""
