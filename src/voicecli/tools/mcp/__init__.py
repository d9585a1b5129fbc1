"""MCP servers as tools: their definitions and results (pure logic), how they are reached, and the thread that talks to them."""
