"""What the assistant can do besides talking: its tools, what calls them, and what they give back."""
