"""Tries a tool of the user's own, for `voicecli tools test`."""

from __future__ import annotations

from voicecli.app import console, user_tools
from voicecli.app.mcp_servers import shut_in_servers
from voicecli.config.documents import MalformedError, parse_json
from voicecli.errors import ToolRefused
from voicecli.tools.definitions import Call
from voicecli.tools.registry import Registry


def use(name: str, arguments: str, *, json: bool) -> str | None:
    """Calls one of the user's own tools under the restrictions, and prints its result. Returns None if there is no such tool.

    Args:
        name: A name that may be the name of a tool.
        arguments: The arguments, as a JSON object; empty for none.
        json: Whether a JSON object is printed.

    Raises:
        ToolRefused: The arguments are wrong, or the tool failed.
    """
    from voicecli.config.load import load

    settings = load().settings
    tools = user_tools.found(settings)
    if name not in {each.name for each in tools.tools}:
        return None
    try:
        given = parse_json(arguments or "{}")
    except MalformedError:
        given = None
    if not isinstance(given, dict):
        raise ToolRefused("The arguments are no JSON object.", f"voicecli tools test {name} --with '{{\"name\": 1}}'")
    shut_in_servers(settings)
    registry = Registry({})
    tools.register(registry)
    result = registry.run(Call(name=name, arguments=given))
    if result.failed:
        raise ToolRefused(result.text, "voicecli tools list --json")
    if json:
        console.write_json({"tool": name, "answer": result.text})
    else:
        console.write(result.text)
    return result.text
