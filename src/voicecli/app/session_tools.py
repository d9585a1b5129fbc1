"""Composes the tools of a chat: which may be used, what they reach, and the threads that run them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypedDict

from voicecli.app import console, permissions, user_tools
from voicecli.app.mcp_servers import ToolServers
from voicecli.app.voice_hub import VoiceHub
from voicecli.config import paths
from voicecli.config.schema import Settings
from voicecli.errors import VoiceCliError
from voicecli.memory.notes import SavedNotes
from voicecli.memory.timers import SavedTimers
from voicecli.session import personas
from voicecli.session.commands import RememberRules, UseTool, UseTools
from voicecli.session.date_prompt import local_now
from voicecli.session.session_timers import SessionTimers
from voicecli.session.tool_gate import for_the_model
from voicecli.session.tool_runner import ToolRunner
from voicecli.tools.builtin import Memory, pure, registry
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import Offer, ToolFailed
from voicecli.tools.files import Files
from voicecli.tools.permissions import Rule
from voicecli.tools.registry import Registry
from voicecli.tools.request_recognition import recognise
from voicecli.tools.rounds import ModelCalls
from voicecli.tuning import DialSet, DialTurned

if TYPE_CHECKING:
    from voicecli.app.setting_commands import Wish
    from voicecli.engines.ports import ChatMessage, ChatModel
    from voicecli.messages import Report
    from voicecli.pipeline.respond import Respond


def offers(settings: Settings) -> tuple[Offer, ...]:
    """Returns the tools that the settings allow."""
    wanted = {each.name: str(getattr(settings.tools, each.group)) for each in OWN}
    return tuple(Offer(tool=each, asks=wanted[each.name] == "ask") for each in OWN if wanted[each.name] != "forbid")


def answer_by_tool(question: str, settings: Settings) -> tuple[str, str] | None:
    """Answers one question with a tool that has no side effects. Returns the answer and the tool's name; None if the model must answer.

    Args:
        question: The question.
        settings: Those of `tools` are used.
    """
    call = recognise(question)
    tool = next((each.tool for each in offers(settings) if call is not None and each.tool.name == call.name), None)
    runs = pure(local_now)
    if call is None or tool is None or tool.name not in runs:
        return None
    return Registry({tool.name: (tool, runs[tool.name])}).run(call).text, tool.name


class Equipment(TypedDict):
    """The fields of `session.state.State` that concern tools.

    Attributes:
        tools: The tools that may be used.
        rules: The rules that always allow or forbid calls.
        model_calls: Which tools the language model may call by itself.
    """

    tools: tuple[Offer, ...]
    rules: tuple[Rule, ...]
    model_calls: ModelCalls


def model_calls(settings: Settings, model: ChatModel) -> ModelCalls:
    """Returns which tools the language model may call by itself."""
    match settings.tools.by_model:
        case "forbid":
            return "none"
        case "own":  # the program's own tools as well, whatever the model
            return "all"
        case _:  # only a model with a call format of its own is large enough to choose among all
            return "all" if model.call_style == "format" else "configured"


class SessionTools:
    """The tools of one session of `chat`.

    Args:
        settings: Those of `tools` are used.
        writes: False with `--no-save`: nothing is written.
        converses: Whether a language model answers.
        post: Takes reports for the conductor.
        memory: The facts remembered about the user.
        become: Returns the reports that change the persona.
        notice: Shows a notice: a code and a sentence.
        documents: The files that the user named.

    Attributes:
        hub: Lets other programs speak and listen.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        writes: bool,
        converses: bool,
        memory: Memory,
        post: Callable[[Report], object],
        become: Callable[[str], Wish],
        notice: Callable[[str, str], object],
        documents: Files,
    ) -> None:
        self._settings = settings
        self._rules = permissions.load()
        self._user_tools = user_tools.found(settings)
        self._notice = notice
        self._post = post
        self._converses = converses
        self._become = become
        # Timers are part of the conversation and saved together with it.
        saves = writes and settings.history.save
        self._timers = SessionTimers(
            post,
            store=SavedTimers(paths.history_dir()) if saves else None,
            unsaved=lambda why: notice("timers", f"Timers are not saved and end with this session. {why}"),
        )
        notes = SavedNotes(paths.history_dir(), writes=writes)
        tools = registry(
            now=local_now, host=self, notes=notes, memory=memory, timekeeper=self._timers, documents=documents
        )
        self._user_tools.register(tools)
        self._runner = ToolRunner(tools, post)
        self._servers = ToolServers(settings, tools, post)
        self.hub = VoiceHub(post, keeps=not converses)
        self.hub.register(tools)

    def start_servers(self, stack: ExitStack) -> None:
        """Starts the MCP servers, without waiting, while the engines are loaded; `stack` stops them."""
        if self._converses:
            self._servers.start(stack)

    def start_threads(self, stack: ExitStack, *, waits: bool) -> None:
        """Starts the threads of tools and timers, after `start_servers`; `stack` stops them. With `waits`, waits for the MCP servers first."""
        self._timers.start()
        self._runner.start()
        stack.callback(self._stop)
        if waits:
            self._servers.wait()

    def use(self, command: UseTool | UseTools | RememberRules) -> None:
        """Starts the calls, or saves what the user allowed; never waits."""
        if isinstance(command, RememberRules):
            threading.Thread(target=self._save_rules, args=(command,), name="permissions", daemon=True).start()
        else:
            self._runner.use(command)

    def equip(self, respond: Respond, model: ChatModel, messages: Sequence[ChatMessage]) -> Equipment:
        """Tells the responder which tools the model sees, and has the model read the opening messages, which may list them.

        Args:
            respond: The stage that answers.
            model: The language model.
            messages: The opening messages of every conversation; empty if there is nothing to read.

        Returns:
            The tools of the session, for the state.
        """
        for fault in self._user_tools.faults:
            self._notice("tools", fault)
        tools = (*offers(self._settings), *self._user_tools.offers(self._rules))
        calls = model_calls(self._settings, model)
        respond.tools = for_the_model(tools, calls)
        if messages:
            respond.prime(messages)
        return Equipment(tools=tools, rules=self._rules, model_calls=calls)

    def _save_rules(self, command: RememberRules) -> None:
        try:
            permissions.add(command.rules)
        except VoiceCliError as error:
            with contextlib.suppress(OSError):
                console.remark(f"note: {error.message} What you allowed holds for this session.")

    def _stop(self) -> None:
        self._runner.stop()
        self.hub.close()
        self._timers.stop()
        if count := self._timers.running:
            told = "A timer was still running" if count == 1 else f"{count} timers were still running"
            after = "the next chat goes on with it" if count == 1 else "the next chat goes on with them"
            what = after if self._timers.kept else "it is lost" if count == 1 else "they are lost"
            with contextlib.suppress(OSError):
                console.remark(f"note: {told} when the session ended; {what}.")

    def turn_dial(self, dial: str, *, up: bool) -> None:
        """Raises or lowers `volume` or `speed` by one step."""
        self._post(DialTurned(dial="speed" if dial == "speed" else "volume", up=up))

    def set_volume(self, percent: int) -> None:
        """Sets the volume of the voice."""
        self._post(DialSet(dial="volume", value=percent))

    def become(self, persona: str) -> str:
        """Changes to that persona and returns its name. Raises `ToolFailed`."""
        known = personas.names()
        name = next((each for each in known if persona.casefold() == each), "")
        if not name:
            raise ToolFailed(f"There is no persona {persona}. There are: {', '.join(known)}.")
        try:
            wish = self._become(name)
        except VoiceCliError as error:
            raise ToolFailed(error.message) from error
        for report in wish.reports:
            self._post(report)
        return name
