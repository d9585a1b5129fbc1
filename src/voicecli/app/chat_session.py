"""Runs `voicecli chat`: opens sound, loads engines, starts the threads, waits for the end, and stops everything in order."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from voicecli import events
from voicecli.app import (
    console,
    engine_setup,
    find_conversation,
    interpreter_tuning,
    model_choice,
    remote_engines,
    stdin_messages,
    talk_keys,
    translation,
    unspoken_text,
)
from voicecli.app.chat_request import ChatRequest
from voicecli.app.console import dress, show_places
from voicecli.app.deadline import Deadline
from voicecli.app.engine_loader import EngineLoader
from voicecli.app.engine_processes import tell_in
from voicecli.app.event_broadcast import EventBroadcast
from voicecli.app.global_hotkey import Hotkey
from voicecli.app.idle_titles import IdleTitles
from voicecli.app.initial_state import initial_state
from voicecli.app.mcp_servers import shut_in_with
from voicecli.app.model_keep_alive import KeepAlive
from voicecli.app.named_files import Files
from voicecli.app.persona_choice import Casting, first_persona
from voicecli.app.ready_event import ready_event
from voicecli.app.session_end import raise_end
from voicecli.app.session_exit import BROKEN_PIPE, SessionExit
from voicecli.app.session_memory import SessionMemory
from voicecli.app.session_sound import Sound
from voicecli.app.session_stages import make_stages, usual_language
from voicecli.app.session_tools import SessionTools
from voicecli.app.setting_commands import SettingCommands
from voicecli.app.thread_deaths import notice_deaths
from voicecli.audio.playout import Playout
from voicecli.config import paths
from voicecli.config.load import Loaded, load
from voicecli.engines.no_model import NoModel
from voicecli.errors import ConfigError
from voicecli.messages import Greeting, Report
from voicecli.pipeline.channel import Channel
from voicecli.pipeline.graph import REPORTS, Graph
from voicecli.pipeline.turn_timing import Ledger
from voicecli.session import personas
from voicecli.session.conductor import Conductor, Manner
from voicecli.session.date_prompt import local_now
from voicecli.session.history import History
from voicecli.session.playout_adapter import PlayoutAdapter, reporting
from voicecli.session.playout_port import NoPlayout
from voicecli.speech.speculation import Speculation
from voicecli.ui.event_log import EventLog
from voicecli.ui.event_sink import EventSink
from voicecli.ui.terminal import can_read_keys, is_dumb

if TYPE_CHECKING:
    from voicecli.session.personas import Persona


def run_chat(request: ChatRequest) -> None:
    """Holds a conversation.

    Raises:
        VoiceCliError: It could not begin or continue.
    """
    loaded = load(flags=request.flags)
    settings = loaded.settings
    if all(name.lower() == "none" for name in request.microphones or (settings.audio.microphone,)):
        request = dataclasses.replace(request, typed=True, microphones=())
    if request.confirm and (request.json or not can_read_keys(sys.stdin, sys.stdout)):
        raise ConfigError(
            "--confirm needs a terminal, where you confirm what was heard.",
            "Leave out --confirm, or run it in a terminal without --json.",
        )
    tokens = settings.reply.context_tokens
    resumed = find_conversation.find(request.resume, context_tokens=tokens) if request.resume else None
    persona = first_persona(request, resumed, settings.chat.persona)
    # A key that cannot be watched is reported before anything is loaded.
    hotkey = Hotkey(settings.keys.hotkey) if settings.keys.hotkey and not request.typed else None
    hears, thinks, speaks = not request.typed, not request.voice_only, settings.audio.speaker != "none"
    parts = remote_engines.parts_of(hears=hears, thinks=thinks, speaks=speaks)
    shut_in_with(settings, parts, tools=thinks, asks=not request.json)
    interpreter_tuning.share()
    if sys.stdout.isatty() and not request.json:
        dress(settings.ui.theme)
    with contextlib.closing(Deadline()) as deadline, ExitStack() as stack:
        chosen = engine_setup.choose(settings, persona, hears=hears, thinks=thinks, speaks=speaks, judges=hears)
        translation.check_recogniser(persona.between, chosen.stt)
        rate_hz = engine_setup.voice_rate_hz(chosen)
        sound = Sound(settings, request.microphones, hears=hears, rate_hz=rate_hz, force=request.force)
        session = _Session(request, loaded, persona, resumed, chosen, sound, stack, deadline, hotkey=hotkey)
        session.run()


class _Session:
    """One run of the command."""

    def __init__(
        self,
        request: ChatRequest,
        loaded: Loaded,
        persona: Persona,
        resumed: find_conversation.EarlierConversation | None,
        chosen: engine_setup.Chosen,
        sound: Sound,
        stack: ExitStack,
        deadline: Deadline,
        *,
        hotkey: Hotkey | None,
    ) -> None:
        self._request = request
        self._loaded = loaded
        self._settings = loaded.settings
        self._persona = persona
        self._resumed = resumed
        self._chosen = chosen
        self._sound = sound
        self._stack = stack
        self._hotkey = hotkey
        self._inbox: Channel[Report] = Channel("reports", limit=REPORTS)
        self._ledger = Ledger()
        self._speculation: Speculation = "off"
        self._reads_keys = False
        self._lines: stdin_messages.StdinMessages | None = None
        self._language = engine_setup.language(persona, self._settings)
        speed = engine_setup.speed(persona, loaded)
        self._speakers = {persona.voice: persona.speaker}  # by the names of the voices that personas chose
        self._tuner = SettingCommands(self._settings, language=self._language, recogniser=chosen.stt, speed=speed)
        self._casting = Casting(
            loaded, request.variables, self._tuner, self._speakers, recogniser=chosen.stt, answering=persona
        )
        self._ways_out = SessionExit(stack, self._inbox, deadline)
        self._files = Files(
            context_tokens=self._settings.reply.context_tokens, offer=self._inbox.insist, notice=self._notice
        )
        self._files.attach(request.files)
        self._remembering = SessionMemory(
            self._settings,
            persona.name,
            wanted=request.save,
            notice=self._notice,
            offer=self._inbox.insist,
            resumed=resumed,
        )
        self._tools = SessionTools(
            self._settings,
            writes=request.save,
            converses=not request.voice_only,
            memory=self._remembering.facts,
            post=self._inbox.insist,
            become=self._casting.named,
            notice=self._notice,
            documents=self._files,
        )
        sinks = [self._screen(), EventLog(words=self._settings.log.words)]
        self._broadcast = EventBroadcast(sinks, (self._remembering.take, self._files.take, self._tools.hub.take))
        self._ways_out.broadcast = self._broadcast

    def run(self) -> None:
        """Runs the session from loading to its end."""
        self._remembering.start(self._stack)
        self._broadcast.start()
        self._stack.callback(self._broadcast.close)
        self._publish(events.PhaseChanged(t_s=0.0, phase="loading"))
        tell_in(self._inbox)
        notice_deaths(self._stack, self._inbox.insist, self._notice)
        self._tell_of_sound()
        self._files.tell()
        engines = self._load()
        if engines.turn_fault is not None:
            why = f"The turn detector could not be loaded and is switched off: {engines.turn_fault.message}"
            self._notice("engine-lost", f"{why} {engines.turn_fault.hint}".rstrip())
        self._speculation = engine_setup.speculation(self._settings, engines)
        if engines.model is None:
            raise ConfigError("There is no language model.", "Download one: voicecli models get")
        taps = self._remembering.taps
        reports = reporting(self._inbox.insist)
        speaks = engines.voice is not None
        playout = self._sound.playout(reports, listener=taps.played if taps is not None else None) if speaks else None
        if taps is not None and playout is not None:
            taps.rate_hz = playout.rate_hz
        self._tell_of_sound()
        stages = make_stages(
            engines,
            self._sound,
            playout,
            loaded=self._loaded,
            persona=self._persona,
            speculation=self._speculation,
            ending=self._files.ending,
        )
        graph = Graph(stages, self._inbox, timed=self._settings.log.stages)
        history = History(self._persona.prompt, local_now, self._remembering.facts.texts(), self._files)
        first_in = usual_language(self._language, self._settings.chat.languages)
        read = history.beginning(first_in) if self._persona.between is None else ()
        conductor = Conductor(
            state=initial_state(
                self._persona,
                self._loaded,
                engines,
                voice=playout is not None,
                duplex=self._sound.duplex,
                speculation=self._speculation,
                mode=self._mode,
                confirms=self._request.confirm,
                transcriber_name=self._chosen.names.get("stt", "") if stages.transcribe is not None else "",
                tools=self._tools.equip(stages.respond, engines.model, read),
                live=self._sound.live,
                titles=self._remembering.saves,
                converses=not self._request.voice_only,
            ),
            inbox=self._inbox,
            graph=graph,
            gate=PlayoutAdapter(playout) if playout is not None else NoPlayout(),
            history=history,
            manner=Manner(language=self._language, sampling=engine_setup.sampling(self._persona, self._settings)),
            ledger=self._ledger,
            publish=self._broadcast.publish,
            order=graph.order,
            next_file=self._sound.next_file,
            next_line=self._line_taken,
            load=EngineLoader(self._settings, self._inbox.insist, self._chosen, self._speakers),
            unsaid=unspoken_text.in_chat,
            use_tool=self._tools.use,
            keep=taps.question if taps is not None else lambda _turn, _samples, _end: None,
        )
        self._stack.enter_context(interpreter_tuning.short_collections())
        self._tools.start_threads(self._stack, waits=not (self._sound.live or self._reads_keys))
        self._start(graph, conductor, playout)
        if self._mode != "typed" or self._request.voice_only:
            hub = self._tools.hub
            hub.hears = self._mode != "typed"
            talk_keys.open_outside_controls(
                self._stack, hub, hotkey=self._hotkey, offer=self._inbox.insist, notice=self._notice
            )
        self._tell_ready(engines)
        del engines, stages  # this frame must not keep an engine that is released
        self._sound.clock.busy = lambda: conductor.busy or graph.alert
        self._watch_idleness()
        self._sound.clock.start()  # files are read from here on
        self._stack.callback(self._sound.clock.stop)
        self._listen_for_more()
        self._ways_out.wait()
        self._stop(graph, conductor)

    # ---- beginning

    def _tell_ready(self, engines: engine_setup.Engines) -> None:
        """Tells the user what the session uses, and that it listens."""
        t_s, names, how = self._ledger.now_s(), self._chosen.names, self._speculation
        self._publish(
            ready_event(engines, self._sound, names, self._settings, t_s=t_s, speculation=how, mode=self._mode)
        )
        self._publish(events.PhaseChanged(t_s=t_s, phase="listening"))
        for code, message in model_choice.remarks(names, self._settings):
            self._notice(code, message)

    def _watch_idleness(self) -> None:
        """Starts what waits for times in which nothing goes on: memory is freed, and conversations get titles."""
        busy, offer = self._sound.clock.busy, self._inbox.insist
        keep_alive = KeepAlive("0" if self._request.voice_only else self._settings.models.keep_alive, busy, offer)
        for watch in (keep_alive, IdleTitles(busy, offer)):
            watch.start()
            self._stack.callback(watch.stop)

    def _screen(self) -> EventSink:
        if self._request.json:
            from voicecli.ui.jsonlines import JsonLines

            return JsonLines(sys.stdout)
        from voicecli.app.console import results

        if can_read_keys(sys.stdin, sys.stdout):
            from voicecli.app.chat_terminal import ChatTerminal
            from voicecli.app.slash_commands import Surroundings
            from voicecli.ui.theme import ground_of

            self._reads_keys = True
            keeps = self._settings.chat.remember_typed and self._request.save
            around = Surroundings(
                talks=self._sound.microphone is not None,
                bell=self._settings.ui.bell,
                history_file=paths.state_dir() / "typed-lines" if keeps else None,
                said=lambda: self._ways_out.conductor.said if self._ways_out.conductor is not None else (),
                interrupt=self._ways_out.interrupt,
                ask_background=ground_of(self._settings.ui.theme, os.environ) == "any",
                personas=personas.names,
                persona=self._casting.named,
                translate=lambda rest: self._casting.translation(rest, self._remembering.persona),
                tuner=self._tuner,
                saved=self._remembering.remark,
                conversations=find_conversation.recent,
                facts=self._remembering.facts,
                files=self._files,
                sound_of=self._remembering.sound_of,
                resume=lambda number: self._remembering.resume(number, self._casting.named),
            )
            return self._stack.enter_context(ChatTerminal(results(), sys.stdin, self._inbox.insist, around))
        # If lines are typed into the terminal that is also written to, nothing may be painted over.
        if not sys.stdout.isatty() or is_dumb() or stdin_messages.is_terminal(sys.stdin):
            from voicecli.ui.plain_lines import PlainLines

            return PlainLines(sys.stdout)
        from voicecli.ui.screen import LiveScreen

        return self._stack.enter_context(LiveScreen(results()))

    def _load(self) -> engine_setup.Engines:
        self._tools.start_servers(self._stack)
        chosen = self._chosen
        if self._sound.microphone is None:
            chosen = dataclasses.replace(chosen, stt=None, ear=None, turn=None, turn_fault=None)
        if self._sound.speaker is None:
            chosen = dataclasses.replace(chosen, voice=None, mouth=None)
        for name in chosen.names.values():
            self._publish(events.Notice(t_s=self._ledger.now_s(), code="loading", message=name))
        loaded = engine_setup.load(chosen, self._settings)
        return dataclasses.replace(loaded, model=NoModel()) if self._request.voice_only else loaded

    @property
    def _mode(self) -> events.Mode:
        if self._sound.microphone is None:
            return "typed"
        return "push-to-talk" if self._settings.listen.mode == "push-to-talk" else "hands-free"

    # ---- in between

    def _start(self, graph: Graph, conductor: Conductor, playout: Playout | None) -> None:
        graph.start()
        if self._resumed is not None:
            self._inbox.insist(self._resumed.chosen, first=True)  # before text that was typed while models were loaded
        conductor.start()
        conductor.try_translation()
        self._ways_out.conductor = conductor
        self._sound.start(self._stack, playout, graph.put_block, self._inbox.insist)

    def _listen_for_more(self) -> None:
        if self._resumed is None and self._persona.greeting and not self._request.voice_only:
            self._inbox.put(Greeting(text=self._persona.greeting))
        self._tell_of_sound()
        self._sound.watch(self._stack, self._inbox.insist, self._notice)
        self._read_input()

    def _read_input(self) -> None:
        if self._reads_keys:
            return
        hears = self._sound.microphone is not None
        plain_terminal = stdin_messages.is_terminal(sys.stdin) and stdin_messages.is_terminal(sys.stdout)
        messages = plain_terminal or (not self._request.microphones and stdin_messages.carries_messages(sys.stdin))
        if not hears or messages:
            self._lines = stdin_messages.StdinMessages(sys.stdin, self._inbox.insist, end_when_silent=not hears)
            self._lines.start()

    def _line_taken(self) -> None:
        if self._lines is not None:
            self._lines.taken()

    # ---- ending

    def _stop(self, graph: Graph, conductor: Conductor) -> None:
        code = self._ways_out.code
        self._ways_out.deadline.begin(code or 0)
        if code is None:
            self._sound.let_end()
        self._stack.close()
        late = graph.stop(self._ways_out.deadline.left() / 2)
        self._inbox.close()
        if late:
            with contextlib.suppress(OSError):
                console.remark(f"note: still running when the session ended: {', '.join(late)}")
        show_places(conductor.internal_errors)
        if self._broadcast.stuck:
            # A thread hangs while it writes to standard output. Python would wait for that thread when it exits.
            os._exit(code or BROKEN_PIPE)
        raise_end(conductor.error, self._sound.fault, self._broadcast.fault, code)

    def _tell_of_sound(self) -> None:
        while self._sound.notices:
            self._notice(*self._sound.notices.pop(0))

    def _notice(self, code: str, message: str) -> None:
        self._publish(events.Notice(t_s=self._ledger.now_s(), code=code, message=message))

    def _publish(self, event: events.Event) -> None:
        self._broadcast.publish(event)
