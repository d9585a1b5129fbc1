"""Chooses models and loads engines: the steps between the user's settings and a pipeline that can run."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from voicecli.app import remote_engines
from voicecli.app.engine_processes import end_unused, makers
from voicecli.app.voice_names import parted
from voicecli.config.documents import read_json, value_at
from voicecli.errors import DAMAGED, ModelInvalid, ModelNotFound, VoiceCliError, internal

if TYPE_CHECKING:
    from voicecli.app.remote_engines import Served, ServedEar, ServedMouth
    from voicecli.config.choices import DeviceChoice
    from voicecli.config.load import Loaded
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import ChatModel, Device, Sampling, Transcriber, TurnDetector, Voice, VoiceDetector
    from voicecli.engines.threads import ThreadBudget
    from voicecli.models.catalog import Kind
    from voicecli.models.store import ModelStore, ResolvedModel
    from voicecli.session.personas import Persona
    from voicecli.speech.speculation import Speculation

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The models that will run: their hashes are right, or they are the user's own files."""

    stt: ResolvedModel | None
    llm: ResolvedModel | None
    voice: ResolvedModel | None
    turn: ResolvedModel | None = None
    served: Served | None = None
    """The language model, if it is on a server; `llm` is None then."""
    ear: ServedEar | None = None
    """The recogniser, if it is on a server; `stt` is None then."""
    mouth: ServedMouth | None = None
    """The voice, if it is on a server; `voice` is None then."""
    turn_fault: VoiceCliError | None = None
    """Why there is no turn detector although one is installed."""
    speaker: str = ""
    """The speaker of the voice; empty for the voice's own choice."""

    @property
    def names(self) -> dict[str, str]:
        """Maps the kinds that there are to the names of their models."""
        found = {
            "stt": self.stt or self.ear,
            "llm": self.llm or self.served,
            "voice": self.voice or self.mouth,
            "turn": self.turn,
        }
        return {kind: model.name for kind, model in found.items() if model is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Loaded and warmed engines. From now on each belongs to the thread that runs it."""

    transcriber: Transcriber | None
    model: ChatModel | None
    voice: Voice | None
    turn_detector: TurnDetector | None = None
    turn_fault: VoiceCliError | None = None
    """Why there is no turn detector although one is installed. A conversation works without it."""
    voice_is_served: bool = False
    """Whether the voice is on a server."""
    recognition_ms: float = 0.0
    """How long the transcriber takes for a short utterance on this machine at present."""

    @property
    def devices(self) -> dict[str, str]:
        """Maps kinds to `cpu`, `cuda` or `server`."""
        found: dict[str, str] = {}
        if self.transcriber is not None:
            found["stt"] = self.transcriber.device
        if self.model is not None:
            found["llm"] = self.model.device
        if self.voice is not None:
            # A voice is many times faster than real time on the CPU, and has no CUDA path.
            found["voice"] = "server" if self.voice_is_served else "cpu"
        return found


def device_for(kind: Kind, wanted: DeviceChoice) -> Device:
    """Returns the device for a kind of model: the one in the settings, or `cuda` if it would work.

    An engine that is set to `cuda` and cannot use it raises an error when it is made.
    """
    from voicecli.engines import hardware

    if wanted == "cuda":
        return "cuda"
    if wanted == "cpu" or kind == "voice":
        return "cpu"
    works = hardware.cuda_for_stt() if kind == "stt" else hardware.cuda_for_llm()
    return "cuda" if works else "cpu"


def choose(
    settings: Settings, persona: Persona | None, *, hears: bool, thinks: bool, speaks: bool, judges: bool = False
) -> Chosen:
    """Finds the models and checks them by their hashes. A turn detector is included if somebody is heard and answered, or if `judges` is set.

    Raises:
        ModelNotFound: One is not installed; the hint names the command that downloads it.
        ModelInvalid: One is damaged.
        UnknownName: There is no model of that name.
    """
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    wanted = settings.models
    spoken = language(persona, settings)
    fallback, speaker = parted(wanted.voice)
    voice = persona.voice if persona is not None and persona.voice and wanted.voice == "auto" else fallback

    def resolve(kind: Kind, name: str) -> ResolvedModel:
        return store.resolve(kind, name, device=device_for(kind, wanted.device), language=spoken)

    served = remote_engines.find(settings) if thinks else None
    ear = remote_engines.find_ear(settings) if hears else None
    mouth = remote_engines.find_mouth(settings, spoken) if speaks else None
    turn, turn_fault = _turn(resolve) if judges or (hears and thinks) else (None, None)
    hearing = resolve("stt", wanted.stt) if hears and ear is None else None
    thinking = resolve("llm", wanted.llm) if thinks and served is None else None
    speaking = _voice(resolve, voice, fallback) if speaks and mouth is None else None
    is_personas = persona is not None and speaking is not None and speaking.name == persona.voice
    return Chosen(
        stt=hearing,
        llm=thinking,
        served=served,
        ear=ear,
        mouth=mouth,
        voice=speaking,
        speaker=speaker or (persona.speaker if persona is not None and is_personas else ""),
        turn=turn,
        turn_fault=turn_fault,
    )


def language(persona: Persona | None, settings: Settings) -> str | None:
    """Returns the spoken language, ISO 639-1; None to detect it. The user's setting overrides the persona's, except for a translator."""
    if persona is not None and persona.between is not None:
        return None
    wanted = settings.chat.language
    if wanted == "auto" and persona is not None:
        wanted = persona.language
    return None if wanted == "auto" else wanted


def patience(persona: Persona, loaded: Loaded) -> float:
    """Returns the patience with silences, as in `listen.patience`. A value that the user has set overrides the persona's."""
    if persona.patience is None or loaded.sources["listen.patience"].kind != "default":
        return loaded.settings.listen.patience
    return persona.patience


def speed(persona: Persona, loaded: Loaded) -> float:
    """Returns the speed of speech, as in `reply.speed`. A value that the user has set overrides the persona's."""
    if persona.speed is None or loaded.sources["reply.speed"].kind != "default":
        return loaded.settings.reply.speed
    return persona.speed


def sampling(persona: Persona, settings: Settings) -> Sampling:
    """Returns the persona's sampling options, with the length limited by the user's setting."""
    limit = min(persona.sampling.max_tokens, settings.reply.longest_tokens)
    return dataclasses.replace(persona.sampling, max_tokens=limit)


def voice_rate_hz(chosen: Chosen) -> int | None:
    """Returns the sample rate of the voice, so that the speaker can be opened before the voice is loaded.

    A local voice has it in the file beside it.
    """
    if chosen.voice is None:
        return chosen.mouth.rate_hz if chosen.mouth is not None else None
    path = chosen.voice.path
    rate_hz = value_at(read_json(path.with_name(path.name + ".json")), "audio", "sample_rate")
    if not isinstance(rate_hz, int):
        raise TypeError("the rate of a voice is no number")
    return rate_hz


def better_command(settings: Settings) -> str:
    """Returns the command that downloads better models than the installed ones; empty if there are none.

    Only kinds whose choice the user leaves to voicecli count.
    """
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    wanted = settings.models
    kinds: tuple[tuple[Kind, str], ...] = (("llm", wanted.llm), ("stt", wanted.stt))
    for kind, name in kinds:
        if wanted.llm_url if kind == "llm" else wanted.stt_url:
            continue
        if name == "auto" and (better := store.better(kind, device=device_for(kind, wanted.device))):
            return f"voicecli models get {_set_of(store, better[0].name, device_for(kind, wanted.device))}"
    return ""


def _set_of(store: ModelStore, name: str, device: Device) -> str:
    for group in ("recommended", "best"):
        found = store.catalog.find_set(group)
        if found is not None and name in found.members(device):
            return group
    return name


def _turn(resolve: Callable[[Kind, str], ResolvedModel]) -> tuple[ResolvedModel | None, VoiceCliError | None]:
    """Returns the turn detector, and why there is none. Silence and words are enough for a conversation."""
    try:
        return resolve("turn", "auto"), None
    except ModelNotFound:
        return None, None
    except ModelInvalid as error:
        return None, error


def _voice(resolve: Callable[[Kind, str], ResolvedModel], name: str, fallback: str) -> ResolvedModel:
    try:
        return resolve("voice", name)
    except ModelNotFound:
        if name == fallback:
            raise
        return resolve("voice", fallback)  # a persona's voice is optional


def load(chosen: Chosen, settings: Settings) -> Engines:
    """Loads all engines at the same time and warms each with a real inference.

    Args:
        chosen: The models.
        settings: Threads, context, device.

    Raises:
        ModelError: One cannot be loaded.
    """
    threads = _threads(settings)

    def transcriber(model: ResolvedModel) -> Transcriber:
        return load_transcriber(model, settings)

    def turn_detector(model: ResolvedModel) -> TurnDetector:
        return makers(settings).make_turn_detector(model.path, threads=threads.detector, engine=model.engine)

    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="load") as pool:

        def begin(make: Callable[[ResolvedModel], T], model: ResolvedModel | None) -> Future[T] | None:
            return pool.submit(_advised, make, model) if model is not None else None

        def chat_model(model: ResolvedModel) -> ChatModel:
            return load_model(model, settings)

        def voice(model: ResolvedModel) -> Voice:
            return load_voice(model, settings, chosen.speaker)

        loading = (
            begin(transcriber, chosen.stt),
            begin(chat_model, chosen.llm),
            begin(voice, chosen.voice),
            begin(turn_detector, chosen.turn),
        )
    heard, thought, spoken, turned = loading
    model = thought.result() if thought else chosen.served.engine() if chosen.served is not None else None
    turn_ready, turn_fault = _optional(turned, "the turn detector")
    end_unused(settings)
    transcriber_ready = heard.result() if heard else _warm(chosen.ear.engine()) if chosen.ear is not None else None
    return Engines(
        transcriber=transcriber_ready,
        model=model,
        voice=spoken.result() if spoken else chosen.mouth.engine() if chosen.mouth is not None else None,
        voice_is_served=chosen.mouth is not None,
        turn_detector=turn_ready,
        turn_fault=turn_fault or chosen.turn_fault,
        recognition_ms=_recognition_ms(transcriber_ready) if transcriber_ready is not None else 0.0,
    )


def _warm(engine: Transcriber) -> Transcriber:
    engine.warm_up()
    return engine


def _optional(loading: Future[TurnDetector] | None, what: str) -> tuple[TurnDetector | None, VoiceCliError | None]:
    """Returns an engine that is not required, and the reason if it could not be loaded."""
    if loading is None:
        return None, None
    try:
        return loading.result(), None
    except VoiceCliError as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - no exception here may keep the conversation from beginning
        return None, internal(what, error)


def load_model(model: ResolvedModel, settings: Settings) -> ChatModel:
    """Loads a language model; raises `ModelError`."""
    return makers(settings).make_chat_model(
        model.path,
        name=model.name,
        device=device_for("llm", settings.models.device),
        threads=_threads(settings).llm,
        context_tokens=settings.reply.context_tokens,
        engine=model.engine,
    )


def load_transcriber(model: ResolvedModel, settings: Settings) -> Transcriber:
    """Loads a recogniser and warms it; raises `ModelError`."""
    make, device = makers(settings), device_for("stt", settings.models.device)
    engine = make.make_transcriber(
        model.path, name=model.name, device=device, threads=_threads(settings).stt, engine=model.engine
    )
    engine.warm_up()
    return engine


def load_voice(model: ResolvedModel, settings: Settings, speaker: str = "", *, name: str = "") -> Voice:
    """Loads a voice and warms it; raises `ModelError`, or `UnknownName` if it has no such `speaker`. `name`: the name that is shown."""
    threads = _threads(settings).voice
    engine = makers(settings).make_voice(
        model.path, name=name or model.name, threads=threads, speaker=speaker or None, engine=model.engine
    )
    engine.warm_up()
    return engine


def _threads(settings: Settings) -> ThreadBudget:
    from voicecli.engines.hardware import physical_cores
    from voicecli.engines.threads import budget

    wanted = settings.threads
    return budget(physical_cores(), stt=wanted.stt, llm=wanted.llm, voice=wanted.voice)


def _advised(make: Callable[[ResolvedModel], T], model: ResolvedModel) -> T:
    """Returns the engine that `make` makes of `model`. If a file of the user's own is damaged, the hint of the error says what helps."""
    try:
        return make(model)
    except ModelInvalid as error:
        if model.entry is not None or error.hint != DAMAGED:
            raise
        raise ModelInvalid(error.message, "Download it again from its source: it is not in the catalogue.") from error


def cores_are_few(engines: Engines) -> bool:
    """Whether the language model and the voice compute on the same few cores."""
    from voicecli.engines.hardware import physical_cores
    from voicecli.engines.threads import FEW_CORES

    return engines.devices.get("llm") == "cpu" and physical_cores() <= FEW_CORES


def _recognition_ms(engine: Transcriber) -> float:
    """Measures how long a short utterance takes. Called when nothing else is being loaded."""
    from voicecli.engines.threads import in_passing

    began_s = time.perf_counter()
    in_passing(engine.warm_up)
    return (time.perf_counter() - began_s) * 1000


def speculation(settings: Settings, engines: Engines) -> Speculation:
    """Returns how much is prepared ahead of time, on this machine at present."""
    from voicecli.engines.hardware import on_battery
    from voicecli.speech.speculation import choose as decide

    return decide(settings.listen.speculation, recognition_ms=engines.recognition_ms, on_battery=on_battery())


def detectors() -> tuple[VoiceDetector, VoiceDetector | None]:
    """Returns the gate's two stages; the second is None if its file is missing."""
    from voicecli.engines.silero_vad import SileroVad
    from voicecli.engines.webrtc_vad import WebrtcVad
    from voicecli.errors import ModelError

    try:
        return WebrtcVad(), SileroVad()
    except ModelError:
        return WebrtcVad(), None
