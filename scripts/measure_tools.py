"""Measures tools in a conversation: what is chosen, how long the choice takes, what becomes of instructions in results, and voice to voice.

python scripts/measure_tools.py spoken  --models NAME      the 60 requests of tests/data/tools/requests.tsv, spoken by the voice, understood by rules
python scripts/measure_tools.py typed   --models NAME…     the same typed with the rules off: what the model itself does
python scripts/measure_tools.py needed  --models NAME… --sets b   questions of which half need one of ten tools (tests/data/tools/README.md)
python scripts/measure_tools.py choice  --models NAME…     how much later the first word comes because of the choice
python scripts/measure_tools.py planted --models NAME…     20 results with instructions in them: which are followed
python scripts/measure_tools.py pairs   [--pairs 7]        voice to voice with tools allowed but not needed, against without, in alternating pairs
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from speech_fixtures import QUESTIONS, speak, voicecli
from voicecli.app import engine_setup
from voicecli.config.load import load
from voicecli.engines.ports import CallSpec, ChatMessage, ChatModel, Sampling
from voicecli.pipeline.calling import chosen, offered, reading
from voicecli.session import personas
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.call_reader import CallReader
from voicecli.tools.definitions import Call, Tool
from voicecli.tools.fitting import signatures_of
from voicecli.tools.instructions import may_instruct
from voicecli.tools.request_recognition import recognise

DATA = Path(__file__).parents[1] / "tests" / "data" / "tools"
WITH = """
[tools.command.weather]
program = "true"
arguments = ["{city}"]
description = "Tells the weather forecast for a city."
[tools.command.lights]
program = "true"
parameters = ["room", "state"]
description = "Switches the lights of a room on or off."
[tools.command.music]
program = "true"
parameters = ["title?"]
description = "Plays a song or an album."
[tools.command.calendar]
program = "true"
parameters = ["day"]
description = "Lists the appointments of a day."
[tools.command.mail]
program = "true"
parameters = ["to", "text"]
description = "Sends an email."
"""
OFF = {f"VOICECLI_TOOLS_{group}": "forbid" for group in ("CLOCK", "CALCULATOR", "TIMERS", "NOTES", "CONTROLS")}
WEATHER = Tool(
    name="weather",
    group="weather",
    description="Tells the weather forecast for a city.",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    source="command",
)
TOWN = Tool(
    name="look_up",
    group="look_up",
    description="Looks up a fact about the town: its mayor, its trains.",
    schema={"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]},
    source="command",
)
LIGHTS = Tool(
    name="lights",
    group="lights",
    description="Switches the lights of a room on or off.",
    schema={"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]},
    source="command",
)
DOOR = Tool(
    name="door",
    group="door",
    description="Opens a door.",
    schema={"type": "object", "properties": {"which": {"type": "string"}}, "required": ["which"]},
    source="command",
)


def never() -> bool:
    """Nothing is cancelled."""
    return False


def requests() -> list[tuple[str, str, dict[str, object]]]:
    """The requests: what is said, the tool (empty for none), and its arguments."""
    rows = [line.split("\t") for line in (DATA / "requests.tsv").read_text(encoding="utf-8").splitlines()]
    return [(said, tool, json.loads(given or "{}")) for said, tool, given in rows]


def models(names: Sequence[str], *, hears: bool = False) -> Iterator[tuple[str, str, engine_setup.Engines]]:
    """The engines for each model, with the prompt of the persona."""
    for name in names:
        settings = load(flags={"models.llm": name}).settings
        who = personas.load(settings.chat.persona)
        engines = engine_setup.load(
            engine_setup.choose(settings, who, hears=hears, thinks=True, speaks=False), settings
        )
        yield name, who.prompt, engines
        if engines.model is not None:
            engines.model.close()


def _model(engines: engine_setup.Engines) -> ChatModel:
    if engines.model is None:
        raise SystemExit("There is no language model.")
    return engines.model


def same(call: Call | None, tool: str, given: dict[str, object]) -> bool:
    """Whether a call is the wanted one. Texts are compared without case and marks."""
    if call is None or not tool:
        return call is None and not tool
    return call.name == tool and _plain(dict(call.arguments)) == _plain(given)


def _plain(given: dict[str, object]) -> dict[str, str]:
    return {name: re.sub(r"[^\w*/+%()]+", " ", str(value)).strip().casefold() for name, value in given.items()}


def spoken(asked: argparse.Namespace) -> None:
    """Says the requests, and has them recognised and understood by the rules."""
    with tempfile.TemporaryDirectory() as name:
        files = speak([said for said, _, _ in requests()], Path(name))
        from voicecli.app.recording_input import opened, text_of
        from voicecli.pipeline.recording_transcriber import RecordingTranscriber

        settings = load().settings
        who = personas.load(settings.chat.persona)
        engines = engine_setup.load(
            engine_setup.choose(settings, who, hears=True, thinks=False, speaks=False), settings
        )
        first, confirming = engine_setup.detectors()
        if engines.transcriber is None:
            raise SystemExit("There is no recogniser.")
        right = 0
        for file, (said, tool, given) in zip(files, requests(), strict=True):
            dictation = RecordingTranscriber(engines.transcriber, confirming or first, "en")
            with opened(str(file)) as sound:
                heard = text_of(list(dictation.write_down(sound, is_cancelled=never)))
            call = recognise(heard, "en")
            good = same(call, tool, given)
            right += good
            if not good:
                print(
                    f"  {said!r} heard {heard!r}: {call.name if call else 'none'} {dict(call.arguments) if call else ''}"
                )
        print(json.dumps({"what": "spoken requests by rules", "right": right, "of": len(files), "asked": asked.what}))


def typed(asked: argparse.Namespace) -> None:
    """Gives the requests to the model, with the rules off and all of the program's own tools offered."""
    for name, prompt, engines in models(asked.models):
        model = _model(engines)
        right, chose, needless, times = 0, 0, 0, []
        for said, tool, given in requests():
            messages = [ChatMessage(role="system", content=prompt), ChatMessage(role="user", content=said)]
            began_s = time.perf_counter()
            calls = chosen(model, messages, OWN, is_cancelled=never)
            times.append(time.perf_counter() - began_s)
            call = calls[0] if calls else None
            good = same(call, tool, given)
            right += good
            chose += (call.name if call else "") == tool
            needless += call is not None and not tool
            if asked.show and not good:
                print(f"  {said!r}: {call.name if call else 'none'} {dict(call.arguments) if call else ''}")
        print(json.dumps({"model": name, "what": "typed requests, rules off", "right": right, "tool_right": chose, "needless": needless,
                          "of": len(requests()), "median_s": round(statistics.median(times), 2)}), flush=True)  # fmt: skip


def needed(asked: argparse.Namespace) -> None:
    """Asks questions of which half need one of ten tools, and counts what the model calls."""
    for name, prompt, engines in models(asked.models):
        model = _model(engines)
        base = ChatMessage(role="system", content=prompt)
        model.prime((base,))
        for each in asked.sets:
            tools, right, wrong, needless, times = people_s(each), 0, 0, 0, list[float]()
            rows = [line.partition("\t")[::2] for line in _lines(f"need_{each}.tsv")]
            for said, tool in rows:
                messages = (base, ChatMessage(role="user", content=said))
                model.read_ahead(messages, is_cancelled=never)  # as while it is said
                began_s = time.perf_counter()
                found = [call.name for call in chosen(model, messages, tools, is_cancelled=never)]
                if not tool:
                    times.append((time.perf_counter() - began_s) * 1000)
                right += bool(tool) and found == [tool]
                wrong += bool(tool) and found not in ([], [tool])
                needless += not tool and bool(found)
                if asked.show and found != ([tool] if tool else []):
                    print(f"  {said!r}: {found}, not {tool or 'none'}")
            wanted = sum(bool(tool) for _, tool in rows)
            print(json.dumps({"model": name, "set": each, "needed": wanted, "right": right, "another": wrong, "not_needed": len(rows) - wanted,
                              "needless": needless, "mean_ms_where_none": round(statistics.mean(times)),
                              "median_ms_where_none": round(statistics.median(times))}), flush=True)  # fmt: skip


def people_s(which: str) -> tuple[Tool, ...]:
    """The tools of a set, as people configure them."""
    made = json.loads((DATA / f"need_tools_{which}.json").read_text(encoding="utf-8"))
    return tuple(
        Tool(name=each["name"], group=each["name"], description=each["description"], schema=each["parameters"], source="command")
        for each in made
    )  # fmt: skip


def _lines(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


def choice(asked: argparse.Namespace) -> None:
    """Measures the first word of answers to questions that need no tool, with tools offered and without."""
    tools = (WEATHER, LIGHTS, DOOR, TOWN)
    shown = (
        "What is weather?",
        "Who invented electric lights?",
        "What is a good name for a town?",
        "Why does a door have a handle?",
    )
    for name, prompt, engines in models(asked.models):
        model = _model(engines)
        base = (ChatMessage(role="system", content=prompt),)
        model.prime(base)
        keys = ("plain question", "plain question, no tools", "tool could be meant", "the same, no tools")
        figures: dict[str, list[float]] = {key: [] for key in keys}
        for plain, meant in zip(QUESTIONS, shown * 3, strict=False):
            for key, question, offer in (("plain question", plain, tools), ("plain question, no tools", plain, ()),
                                         ("tool could be meant", meant, tools), ("the same, no tools", meant, ())):  # fmt: skip
                model.prime(base)
                messages = (*base, ChatMessage(role="user", content=question))
                began_s = time.perf_counter()
                calls = chosen(model, messages, offer, is_cancelled=never) if offer else ()
                if not calls:
                    next(iter(model.reply(messages, sampling=Sampling(temperature=0.0), is_cancelled=never)), "")
                figures[key].append((time.perf_counter() - began_s) * 1000)
        print(
            json.dumps({"model": name, **{key: round(statistics.median(each)) for key, each in figures.items()}}),
            flush=True,
        )


def planted(asked: argparse.Namespace) -> None:
    """Has the model answer from results with instructions in them, and looks for signs that it followed one."""
    rows = [line.split("\t") for line in (DATA / "planted.tsv").read_text(encoding="utf-8").splitlines()]
    for name, prompt, engines in models(asked.models):
        model = _model(engines)
        followed = called = 0
        for question, result, sign in rows:
            tool = WEATHER if "weather" in question else TOWN
            if asked.guarded and model.call_style == "chosen" and may_instruct(result):
                continue  # the program reads it out
            text, calls = answer_from(model, prompt, question, tool, result)
            bad = re.search(sign, text, re.IGNORECASE if "A-Z" not in sign and "a-z" not in sign else 0) is not None
            followed += bad
            called += bool(calls)
            if asked.show or bad or calls:
                print(f"  {'FOLLOWED' if bad else 'ok'} {[call.name for call in calls]} {result[:70]!r} -> {text!r}")
        found = {"in_words": followed, "calls_wanted": called, "of": len(rows)}
        print(json.dumps({"model": name, "what": "planted instructions", **found}), flush=True)


def answer_from(model: ChatModel, prompt: str, question: str, tool: Tool, result: str) -> tuple[str, list[Call]]:
    """The answer from a result, and the calls that the model would make after it."""
    call = CallSpec(name=tool.name, arguments=json.dumps({"city": "Bonn"} if tool is WEATHER else {"what": question}))
    messages: Sequence[ChatMessage] = (
        ChatMessage(role="system", content=prompt),
        ChatMessage(role="user", content=question),
        ChatMessage(role="assistant", content="", calls=(call,)),
        ChatMessage(role="tool", content=json.dumps({"result": result}), name=tool.name),
    )
    tools = (WEATHER, TOWN, LIGHTS, DOOR)
    calls = list(chosen(model, messages, tools, is_cancelled=never)) if model.call_style == "chosen" else []
    messages = offered(messages, model, tools)
    reader = CallReader(signatures_of(tools))
    written = model.reply(messages, sampling=Sampling(temperature=0.0, max_tokens=120), is_cancelled=never)
    text = "".join(reading(iter(written), reader))
    return text, [*calls, *(Call(name=each[0], arguments=each[1]) for each in reader.calls)]


def pairs(asked: argparse.Namespace) -> None:
    """Holds the same conversation with tools allowed, none of which is needed, and without, in alternating pairs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "config.toml"
        config.write_text(WITH, encoding="utf-8")
        plain = [
            each for each in QUESTIONS if recognise(each) is None
        ]  # a sum is answered by the calculator, as it should be
        files = speak(plain[: asked.questions], folder)
        runs: dict[str, list[float]] = {"without": [], "with": []}
        for number in range(asked.pairs):
            ways = ("without", "with") if number % 2 == 0 else ("with", "without")
            for way in ways:
                changes = OFF if way == "without" else {"VOICECLI_CONFIG": str(config)}
                runs[way].append(session(files, folder, changes, "--no-save"))
                print(f"pair {number + 1} {way:8} {runs[way][-1]:6.0f} ms, load {os.getloadavg()[0]:.1f}", flush=True)
    shares = [100 * (b - a) / a for a, b in zip(runs["without"], runs["with"], strict=True)]
    low, high = interval(shares)
    figures = {
        "what": "voice to voice, tools allowed against without",
        "pairs": asked.pairs,
        "median_percent": round(statistics.median(shares), 1),
        "low_90": round(low, 1),
        "high_90": round(high, 1),
        "median_ms": {way: round(statistics.median(each)) for way, each in runs.items()},
    }
    print(json.dumps(figures))


def session(files: Sequence[Path], folder: Path, changes: dict[str, str], *arguments: str) -> float:
    """Holds a conversation, and returns the median time from voice to voice in ms of the turns without a tool.

    `changes` are variables of the environment.
    """
    microphones = [argument for path in files for argument in ("--mic", str(path))]
    command = [*voicecli("chat", "--json", *arguments, "--force", "--speaker", str(folder / "out.wav")), *microphones]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, env={**os.environ, **changes}
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    used = {each["turn"]: each["tool"] for each in told if each["event"] == "tool"}
    if used:
        print(f"  turns with a tool, left out: {used}")
    return statistics.median(
        float(each["voice_to_voice_ms"]) for each in told if each["event"] == "latency" and each["turn"] not in used
    )


def interval(values: Sequence[float], resamples: int = 5000) -> tuple[float, float]:
    """The 90 % interval of the median, by resampling."""
    source = random.Random(1)
    middles = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(resamples))
    return middles[int(0.05 * resamples)], middles[int(0.95 * resamples)]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("spoken", "typed", "needed", "choice", "planted", "pairs"))
    parser.add_argument("--models", nargs="+", default=["qwen2.5-coder-1.5b"])
    parser.add_argument("--sets", nargs="+", choices=("a", "b"), default=["b"])
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--questions", type=int, default=len(QUESTIONS))
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--guarded", action="store_true", help="planted: leave out what a small model is not shown")
    asked = parser.parse_args()
    measures = {
        "spoken": spoken,
        "typed": typed,
        "needed": needed,
        "choice": choice,
        "planted": planted,
        "pairs": pairs,
    }
    measures[asked.what](asked)


if __name__ == "__main__":
    main()
