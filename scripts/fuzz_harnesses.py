"""What `fuzz.py` attacks: every place that reads something a stranger wrote. Each harness takes bytes and raises nothing but what it may.

A harness also checks what must hold of the result: nothing that a terminal obeys comes through the door, and a text stays readable.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import struct
import unicodedata
import wave
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import fuzz_servers
import fuzz_texts
import fuzz_tools
from fuzz_checks import Harness, expect, expect_clean, file, folder, text_of, told

if TYPE_CHECKING:
    from voicecli.app.control_socket import ControlServer
    from voicecli.config.servers import ToolServer

CONTAINERS: Final = ("wav", "flac", "ogg", "mp3", "m4a", "adts", "aiff", "caf", "matroska", "mov", "w64", "au")


# ---- sound


def wav(data: bytes) -> None:
    from voicecli.audio.sound_reader import SoundReader

    with told(), SoundReader(io.BytesIO(data), only_wav=True) as reader:
        _drain(reader)


def container(data: bytes) -> None:
    """In this process, so that the decoder itself is reached many times a second; a crash ends the harness, and counts as contained."""
    from voicecli.audio.sound_reader import SoundReader

    with told(), SoundReader(io.BytesIO(data), own=True) as reader:
        _drain(reader)


def container_apart(data: bytes) -> None:
    """As a user has it: with the decoder in its own process. Nothing may happen to this one."""
    from voicecli.audio.sound_reader import SoundReader

    with told(), SoundReader(io.BytesIO(data)) as reader:
        _drain(reader)


def _drain(reader: object) -> None:
    from voicecli.audio.sound_reader import SoundReader

    assert isinstance(reader, SoundReader)  # noqa: S101 - for the type checker
    for number, pcm in enumerate(reader):
        expect(pcm.dtype == "int16", "samples of another kind")
        if number > 200:  # noqa: PLR2004 - a hundred seconds say enough
            return
    expect(reader.read_s >= 0, "a negative length")


def wav_seeds() -> dict[str, bytes]:
    found = {}
    for channels in (1, 2, 8, 255):
        for width in (1, 2, 3, 4):
            made = io.BytesIO()
            with wave.open(made, "wb") as out:
                out.setnchannels(channels)
                out.setsampwidth(width)
                out.setframerate(16_000)
                out.writeframes(bytes(range(256))[: width * 40] * channels)
            found[f"{channels}-{width}"] = made.getvalue()
    found["float"] = b"RIFF\x50\0\0\0WAVEfmt \x10\0\0\0" + struct.pack("<HHIIHH", 3, 1, 16_000, 64_000, 4, 32)
    found["float"] += b"data\x10\0\0\0" + struct.pack("<4f", 0, 1e30, float("nan"), -1)
    found["rf64"] = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 200, 8, 4, 0) + found["float"][12:]
    return found


def container_seeds() -> dict[str, bytes]:
    import av
    import numpy as np

    kinds = {
        **dict.fromkeys(("wav", "aiff", "caf", "au", "matroska", "mov", "w64"), ("pcm_s16le", (1, 2, 8, 64, 255))),
        "flac": ("flac", (1, 2, 8)),
        "ogg": ("libopus", (1, 2, 8)),
        "mp3": ("libmp3lame", (1, 2)),
        "ipod": ("aac", (1, 2, 8)),
        "adts": ("aac", (1, 2)),
        "wv": ("wavpack", (1, 2)),
    }
    found = {}
    for kind, (codec, counts) in kinds.items():
        name = "pcm_s16be" if kind in {"aiff", "au"} else codec
        for channels in counts:
            made = io.BytesIO()
            layout = {1: "mono", 2: "stereo", 8: "7.1"}.get(channels, f"{channels}C")
            try:
                with av.open(made, "w", format=kind) as out:
                    stream = cast("av.AudioStream", out.add_stream(name, rate=48_000, layout=layout))
                    formats = stream.codec_context.codec.audio_formats
                    samples = (np.arange(2_000 * channels) * 97 % 20_000).astype(np.int16).reshape(1, -1)
                    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
                    frame.sample_rate = 48_000
                    fit = av.AudioResampler(
                        format=(formats or [])[0].name,
                        layout=layout,
                        rate=48_000,
                        frame_size=stream.codec_context.frame_size or None,
                    )
                    for part in (*fit.resample(frame), *fit.resample(None)):
                        out.mux(stream.encode(part))
                    out.mux(stream.encode(None))
            except (av.FFmpegError, ValueError):
                continue  # this build has no such encoder, or not for so many channels
            found[f"{kind}-{channels}"] = made.getvalue()[:6_000]
    return found


# ---- models


def gguf(data: bytes) -> None:
    from voicecli.models.gguf import read_header

    with told():
        header = read_header(file("a.gguf", data))
        expect(header.part_count + header.part_number + header.all_tensors + header.context_tokens is not None, "")
        expect(isinstance(header.name + header.architecture, str), "a name that is no text")


def gguf_seeds() -> dict[str, bytes]:
    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    def pair(key: bytes, kind: int, value: bytes) -> bytes:
        return text(key) + struct.pack("<I", kind) + value

    pairs = [
        pair(b"general.architecture", 8, text(b"llama")),
        pair(b"general.name", 8, text(b"Tiny")),
        pair(b"llama.context_length", 4, struct.pack("<I", 8192)),
        pair(b"general.alignment", 4, struct.pack("<I", 64)),
        pair(b"tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + text(b"a") + text(b"bc")),
        pair(b"tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 3) + struct.pack("<3f", 1, 2, 3)),
        pair(b"split.count", 2, struct.pack("<H", 2)),
        pair(b"split.no", 2, struct.pack("<H", 1)),
        pair(b"split.tensors.count", 5, struct.pack("<i", 4)),
    ]
    tensor = text(b"x") + struct.pack("<IQQIQ", 2, 4, 8, 0, 0)
    whole = b"GGUF" + struct.pack("<IQQ", 3, 1, len(pairs)) + b"".join(pairs) + tensor + bytes(300)
    return {"whole": whole, "small": b"GGUF" + struct.pack("<IQQ", 2, 1, 0) + tensor + bytes(300)}


def onnx(data: bytes) -> None:
    from voicecli.engines.piper_graph import NotCuttableError, cut
    from voicecli.models.onnx_file import check_onnx

    with told():
        check_onnx(file("a.onnx", data))
    with contextlib.suppress(NotCuttableError):
        cut(data)


def onnx_seeds() -> dict[str, bytes]:
    def field(number: int, body: bytes) -> bytes:
        length, head = len(body), bytearray([number << 3 | 2])
        while length > 127:  # noqa: PLR2004 - seven bits
            head.append(length & 127 | 128)
            length >>= 7
        return bytes([*head, length]) + body

    def node(name: bytes, kind: bytes, reads: bytes, writes: bytes) -> bytes:
        return field(1, field(1, reads) + field(2, writes) + field(3, name) + field(4, kind))

    graph = node(b"/enc/a", b"Ceil", b"input", b"w") + node(b"/enc/b", b"Mul", b"w", b"z")
    graph += node(b"/dec/c", b"Conv", b"z", b"output") + field(2, b"g")
    graph += (
        field(5, field(8, b"k") + field(9, bytes(40))) + field(11, field(1, b"input")) + field(12, field(1, b"output"))
    )
    branch = field(1, field(1, b"z") + field(2, b"output") + field(3, b"/dec/if") + field(5, field(6, b"")))
    return {"voice": b"\x08\x08" + field(7, graph), "branch": field(7, graph + branch)}


def template(data: bytes) -> None:
    from voicecli.engines.chat_template import ChatTemplate
    from voicecli.engines.ports import ChatMessage

    messages = [ChatMessage(role="user", content="Hello \ue0009\ue001")]
    with told():
        parts = ChatTemplate(text_of(data), bos="<s>", eos="</s>", today=dt.date(2026, 3, 9)).render(messages)
        expect({part.text for part in parts if part.content} <= {messages[0].content}, "a message that nobody wrote")


def template_seeds() -> dict[str, bytes]:
    from voicecli.engines.chat_template import CHATML, GEMMA, LLAMA3

    return {"chatml": CHATML.encode(), "llama3": LLAMA3.encode(), "gemma": GEMMA.encode()}


def receipts(data: bytes) -> None:
    from voicecli.models.receipts import Receipts

    model = folder() / "model"
    if not model.exists():
        model.write_bytes(b"x")
    kept = Receipts(folder() / "store")
    kept._path = file("receipts.json", data)  # noqa: SLF001 - the file is what is attacked
    expect(kept.get("key", model) is None or isinstance(kept.get("key", model), str), "a hash that is no text")
    kept.drop("key")


def catalogue(data: bytes) -> None:
    from voicecli.models import catalog

    with told():
        for entry in catalog.parse(text_of(data)).entries:
            for variant in entry.variants:
                for each in variant.files:
                    inside = os.path.normpath(f"/models/{entry.kind}/{entry.name}/{each.path}")
                    expect(inside.startswith(f"/models/{entry.kind}/"), "a path that leads out of its folder")


CATALOGUE: Final = b"""
[licence.free]
name = "MIT"
kind = "permissive"
terms = "Free."
[set.starter]
title = "s"
models = ["m"]
[[carrier]]
package = "p"
version = "1"
sha256 = "%(hash)s"
size = 9
[[model]]
kind = "llm"
name = "m"
title = "M"
languages = ["en"]
licence = "free"
rank = { cpu = 1, cuda = 2 }
status = "confirmed"
[[model.variant]]
repo = "a/b"
revision = "r"
files = [{ path = "m.gguf", size = 3, sha256 = "%(hash)s", parts = [{ package = "p", member = "x", size = 3 }] }]
""" % {b"hash": b"0" * 64}


def voice_json(data: bytes) -> None:
    from voicecli.models.user_models import check_own

    onnx_file = folder() / "v.onnx"
    if not onnx_file.exists():
        onnx_file.write_bytes(bytes([7 << 3 | 2, 5, 12 << 3 | 2, 3, 1 << 3 | 2, 1]) + b"x")
    file("v.onnx.json", data)
    with told():
        check_own("voice", str(onnx_file))


VOICE: Final = json.dumps(
    {
        "audio": {"sample_rate": 22050, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_id_map": {"_": [0], "a": [1]},
        "num_symbols": 256,
        "num_speakers": 1,
        "speaker_id_map": {},
    }
).encode()


# ---- settings and personas


def config(data: bytes) -> None:
    from voicecli.config import load
    from voicecli.ui.sanitize import clean

    place = file("config.toml", data)
    with told():
        loaded, faults = load.examine(environ={"VOICECLI_CONFIG": str(place)})
        for fault in faults:
            expect_clean(clean(f"{fault.message} {fault.hint}"))
        for name in loaded.sources:
            expect(loaded.value(name) is not None, "a setting without a value")


def config_write(data: bytes) -> None:
    from voicecli.config.write import set_value, unset_value

    place = file("written.toml", data)
    environ = {"VOICECLI_CONFIG": str(place)}
    with told():
        set_value("chat.persona", "robot", environ=environ)
        unset_value("chat.persona", environ=environ)


CONFIG: Final = b"""
[chat]
persona = "robot" # a comment
language = "de"
[listen]
end_silence_ms = 800
start_probability = 0.5
[reply]
speed = 1.25
[models]
llm = "auto"
llm_url = "http://127.0.0.1:8080/v1"
[network]
allow = ["example.org:443"]
"""


def persona(data: bytes) -> None:
    from voicecli.session import personas

    with told():
        personas.parse(text_of(data), name="x", place="x.toml", own=True)


PERSONA: Final = b"""
title = "Robot"
prompt = "You are a robot."
language = "en"
voice = "en_US-joe-medium"
speed = 1.1
patience = 1.5
[sampling]
temperature = 0.5
top_p = 0.9
max_tokens = 99
repeat_penalty = 1.1
seed = 3
"""


# ---- what is typed, said and shown


def keys(data: bytes) -> None:
    from voicecli.ui.key_parser import Keyboard, Typed
    from voicecli.ui.paste_detection import PasteDetector

    for size in (len(data) or 1, max(3, len(data) // 400)):
        keyboard, pastes = Keyboard(), PasteDetector()
        for at in range(0, len(data), size):
            tokens = keyboard.feed(pastes.marked(data[at : at + size].decode("utf-8", "replace"), at / 1000))
            expect(all(isinstance(token.text, str) for token in tokens if isinstance(token, Typed)), "no text")
        keyboard.feed(pastes.flush())
        keyboard.flush()


def control(data: bytes) -> None:
    """A client of the socket that sends what it likes and hangs up."""
    import socket

    server = _control_server()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2.5)
        client.connect(str(server.path))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(data[:4096])
            client.shutdown(socket.SHUT_WR)
            answer = client.recv(64)
            expect(answer in {b"ok\n", b"unknown\n", b"gone\n", b"refused\n", b""}, f"answered {answer!r}")


@cache
def _control_server() -> ControlServer:
    from voicecli.app.control_socket import ControlServer

    return ControlServer(lambda word: word in {"start", "stop", "toggle", "discard", "mute"}, folder() / "run")


def tool_words(data: bytes) -> None:
    from voicecli.session.date_prompt import local_now
    from voicecli.tools.builtin import pure
    from voicecli.tools.builtin_catalog import BY_NAME
    from voicecli.tools.registry import Registry
    from voicecli.tools.request_recognition import recognise

    call = recognise(text_of(data)[:2_000])
    if call is None:
        return
    expect(call.name in BY_NAME, f"there is no tool {call.name}")
    result = Registry({name: (BY_NAME[name], run) for name, run in pure(local_now).items()}).run(call)
    expect_clean(result.text)


def tool_arguments(data: bytes) -> None:
    """Calls with arguments of every kind, as a language model might write them."""
    from voicecli.config.documents import MalformedError, parse_json
    from voicecli.session.date_prompt import local_now
    from voicecli.tools.builtin import pure
    from voicecli.tools.builtin_catalog import BY_NAME
    from voicecli.tools.definitions import Call
    from voicecli.tools.registry import Registry

    try:
        given = parse_json(data)
    except MalformedError:
        return
    if not isinstance(given, dict):
        return
    registry = Registry({name: (BY_NAME[name], run) for name, run in pure(local_now).items()})
    for name in ("time", "date", "calculate", "convert", "nothing"):
        result = registry.run(Call(name=name, arguments=given))
        expect_clean(result.text)


def mcp(data: bytes) -> None:
    """What a server of tools lists and answers, and arguments that a model writes for its tools."""
    from voicecli.config.documents import MalformedError, parse_json
    from voicecli.tools.mcp.definitions import served_tools
    from voicecli.tools.mcp.results import result_of
    from voicecli.tools.registry import mistake

    try:
        given = parse_json(data)
    except MalformedError:
        return
    if not isinstance(given, dict):
        return
    for language in ("en", "de"):
        expect_clean(result_of(given, "the tool x", language, changes=True).text)
    listed = given.get("tools")
    tools, remarks = served_tools(
        _mcp_server(), [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else [given]
    )
    for remark in remarks:
        expect_clean(remark)
    for each in tools:
        expect_clean(each.offer.tool.description + each.offer.tool.name)
        mistake(given, each.offer.tool.schema, is_complete=True)
    schema = given.get("inputSchema")
    mistake(given, schema if isinstance(schema, dict) else given, is_complete=True)


@cache
def _mcp_server() -> ToolServer:
    from voicecli.config.servers import ToolServer

    return ToolServer(name="s", command="/bin/true")


MCP: Final = {
    "result": b'{"content": [{"type": "text", "text": "It is {\\"a\\": [1]}"}, '
    b'{"type": "image", "data": "AAAA", "mimeType": "image/png"}], "isError": true}',
    "structured": b'{"structuredContent": {"timezone": "Asia/Tokyo", "day": [1, null, true, {"a": {"b": {"c": {}}}}]}}',
    "tools": b'{"tools": [{"name": "now", "description": "Time", "inputSchema": {"type": "object", "required": ["tz"], '
    b'"properties": {"tz": {"type": ["string", "null"], "enum": ["a"], "minimum": 1}}, '
    b'"additionalProperties": false}, "annotations": {"readOnlyHint": true}}], "tz": 5}',
}


def normalizer(data: bytes) -> None:
    from voicecli.speech.normalize import read_aloud

    text = text_of(data)[:1_500]
    for language in ("en", "de", "es", "zh", "fr", "ru", "xx"):
        spoken = read_aloud(text, language).text
        expect("[[" not in spoken and "]]" not in spoken, "double brackets")
        bad = [c for c in spoken if unicodedata.category(c) in {"Cc", "Cs"}]
        expect(not bad, f"a voice would get {bad[:5]}")


def sentences(data: bytes) -> None:
    from voicecli.speech.sentence_chunker import SentenceChunker
    from voicecli.speech.speakable import speakable

    text = text_of(data)[:4_000]
    speakable(text)
    splitter = SentenceChunker()
    chunks = [chunk for at in range(0, len(text), 7) for chunk in splitter.feed(text[at : at + 7])]
    for chunk in (*chunks, *splitter.finish()):
        expect_clean(chunk.text)  # joiners of letters are format characters, and many scripts need them
        expect("\n" not in chunk.text, "a line feed")
        expect("[[" not in chunk.text, "double brackets")


def door(data: bytes) -> None:
    from rich.text import Text

    from voicecli.app.clean_console import CleanConsole
    from voicecli.ui.sanitize import clean, clean_line, json_text

    text = text_of(data)
    for shown in (
        clean(text),
        clean(text, tabs=True),
        clean_line(text),
        json_text({text: [text]}),
        json_text(text, indent=1),
    ):
        expect_clean(shown)
    expect(json.loads(json_text(text)) == text, "JSON that says something else")
    expect(clean(clean(text)) == clean(text), "not the same when it is cleaned again")
    out = io.StringIO()
    console = CleanConsole()
    console.file = out
    console.print(Text(text), text, soft_wrap=True)
    expect_clean(out.getvalue())


def database(data: bytes) -> None:
    """A database of conversations that somebody else wrote, or that is damaged."""
    from voicecli.cli import history_view
    from voicecli.memory import database as db
    from voicecli.memory import export, facts, notes, queries
    from voicecli.ui.sanitize import clean

    place = folder() / "history"
    place.mkdir(exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    (place / "history.db").write_bytes(data)
    with told(), db.told(place), contextlib.closing(db.open_database(place)) as opened:
        for each in queries.conversations(opened):
            turns = queries.turns(opened, each.id)
            export.as_json(each, turns)
            export.as_markdown(each, turns)
            export.as_srt(turns)
            shown = [*history_view.list_lines([each], 80), *history_view.show_lines(each, turns)]
            expect_clean(clean("\n".join(shown).translate({2: None, 3: None})))
            expect("\n" not in history_view.list_row(each), "a row of two lines")
        for hit in queries.search(opened, "a b"):
            list(history_view.hit_lines(hit, ["a"]))
        expect(all(isinstance(text, str) for _, text in queries.titles(opened, 9)), "a title that is no text")
        expect(all(isinstance(text, str) for _, text in notes.numbered(opened)), "a note that is no text")
        expect(all(isinstance(fact.text, str) for fact in facts.all_facts(opened)), "a fact that is no text")
    _take_timers(place)


def database_rows(data: bytes) -> None:
    """A database of the right form whose values are of any kind and size, as another program might have made it."""
    import sqlite3

    place = folder() / "rows"
    if not place.is_dir():
        place.mkdir()
        (place / "seed").write_bytes(database_seeds()["one"])
    for old in place.glob("history.db*"):
        old.unlink()
    (place / "history.db").write_bytes((place / "seed").read_bytes())
    values = _values(data)
    with contextlib.closing(sqlite3.connect(place / "history.db")) as opened:
        if data[:1] > b"\x7f":  # a file whose tables have no rules: any column may be missing, and of any kind
            opened.execute("PRAGMA writable_schema = ON")
            without = "replace(replace(replace(sql, ' NOT NULL', ''), ' TEXT', ''), ' INTEGER,', ',')"
            opened.execute(f"UPDATE sqlite_schema SET sql = {without} WHERE type = 'table'")  # noqa: S608 - the words above
            opened.commit()
    with contextlib.closing(sqlite3.connect(place / "history.db")) as opened:
        for at in range(0, min(len(data) - 2, 12), 3):
            table = TABLES[data[at] % len(TABLES)]
            columns = [row[1] for row in opened.execute(f"PRAGMA table_info({table})")]
            column, value = columns[data[at + 1] % len(columns)], values[data[at + 2] % len(values)]
            with contextlib.suppress(sqlite3.Error, OverflowError):
                opened.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608 - names of our own
        opened.commit()
    database((place / "history.db").read_bytes())


def _take_timers(place: Path) -> None:
    """The timers of a file, as a session takes them up."""
    from voicecli.memory.timers import SavedTimers
    from voicecli.session.session_timers import SessionTimers
    from voicecli.tools.definitions import ToolFailed

    with contextlib.suppress(ToolFailed):
        SessionTimers(lambda _report: None, store=SavedTimers(place)).restore()


TABLES: Final = ("conversations", "turns", "calls", "facts", "notes", "timers")


def _values(data: bytes) -> list[object]:
    return [
        None,
        data[:40],
        text_of(data).encode("utf-8", "replace").decode(),
        len(data),
        1e300,
        -1,
        "[[1]]",
        "{}",
        "9" * 5000,
        int.from_bytes(data[:7], "little"),
        -int.from_bytes(data[:5], "big"),
        "[" * 2000,
        '[[1, 2, 3], ["a", {}, null]]',
        '["a"]',
        float("inf"),
        '{"a": {"a": [null, 1e400]}}',
    ]


def database_seeds() -> dict[str, bytes]:
    from fakes.histories import save
    from voicecli.memory.database import open_database

    place = folder() / "seed"
    opened = open_database(place)
    save(opened, ("What is a nebula?", "A cloud."), title="Sky")
    opened.execute("INSERT INTO calls VALUES (1, 1, 'time', '{\"place\": \"Paris\"}', 'done', 'Noon.', 3.5)")
    opened.execute("INSERT INTO facts VALUES (1, 'My sister is called Ana.', 1)")
    opened.execute("INSERT INTO notes VALUES (1, 'Buy milk.', 1)")
    opened.execute("INSERT INTO timers VALUES (1, 60, 99, 'eggs', '', 'en', '1:1')")
    opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return {"one": (place / "history.db").read_bytes()}


TEXTS: Final = {
    "plain": b"On 3 May 2026 at 3:45 p.m. Dr. Smith paid $1,234.56 (approx. 12%) for 2.5 kg. Right?",
    "german": "Am 3. Mai um 14:30 Uhr kostet es 1.234,56 € z. B. 12 % mehr – wirklich?".encode(),
    "markdown": b"# Title\n\n- **one** [link](http://example.org)\n\n```py\nx = 1\n```\n| a | b |\n<think>x</think> [[h@loU]]",
    "scripts": "你好,世界。 Привет \u0645\u0631\u062d\u0628\u0627 \u202eevil\u202c 👩\u200d💻 ½ ² x²".encode(),
    "escapes": b"\x1b[31mred\x1b]0;t\x07 \x9b2J \xed\xa0\x80",
}
WORDS: Final = (
    b"[[",
    b"]]",
    b"\x1b[",
    b"\x1b]",
    b"\x9b",
    b"```",
    b"1.000,5",
    b"$",
    b"%",
    b"<think>",
    b"http://",
    b"9" * 5000,
    "½".encode(),
)
TOML: Final = (
    b"[[",
    b"]]",
    b"9" * 5000,
    b"1e400",
    b"nan",
    b"inf",
    b"true",
    b"{a=" * 200,
    b"[" * 999,
    b'"""',
    b"1979-05-27",
)


def texts() -> dict[str, bytes]:
    return dict(TEXTS)


HARNESSES: Final[dict[str, Harness]] = {
    "wav": Harness(
        wav,
        wav_seeds,
        ("audio/wav_reader", "audio/sound_reader", "audio/downmix"),
        (b"data", b"fmt ", b"\xff\xff\xff\xff"),
    ),
    "containers": Harness(
        container, container_seeds, ("audio/pyav_decoder", "audio/sound_reader"), (b"\xff\xff\xff\xff", b"\0\0\0\0")
    ),
    "containers-apart": Harness(container_apart, container_seeds, ("audio/decode_apart", "audio/sound_reader")),
    "gguf": Harness(
        gguf, gguf_seeds, ("models/gguf",), (b"\xff" * 8, b"\0" * 8, b"general.alignment", b"\x08\0\0\0", b"\x09\0\0\0")
    ),
    "onnx": Harness(
        onnx, onnx_seeds, ("engines/piper_graph", "engines/protobuf", "models/onnx_file"), (b"\xff" * 9, b"/dec/")
    ),
    "templates": Harness(
        template,
        template_seeds,
        ("engines/chat_template", "engines/template_renderer"),
        (
            b"{{",
            b"}}",
            b"{%",
            b"%}",
            b"range(9999)",
            b"* 10 ** 9",
            b"|center(10**9)",
            b"{% for a in range(99999) %}",
            b"{% endfor %}",
            b"\xee\x80\x807\xee\x80\x81",
        ),
    ),
    "receipts": Harness(
        receipts,
        lambda: {"one": b'{"key": [1, 2, 3, 4, "aa"]}'},
        ("models/receipts",),
        (b"[" * 999, b"9" * 5000),
        shape="json",
    ),
    "catalogue": Harness(
        catalogue,
        lambda: {"one": CATALOGUE},
        ("models/catalog", "config/documents"),
        (*TOML, b"../", b"/etc"),
        shape="toml",
    ),
    "config": Harness(config, lambda: {"one": CONFIG}, ("config/",), TOML, shape="toml"),
    "config-write": Harness(config_write, lambda: {"one": CONFIG}, ("config/",), TOML, shape="toml"),
    "personas": Harness(persona, lambda: {"one": PERSONA}, ("session/persona", "config/documents"), TOML, shape="toml"),
    "voice-json": Harness(
        voice_json,
        lambda: {"one": VOICE},
        ("models/user_models", "config/documents"),
        (b"[" * 999, b"9" * 5000, b"1e999"),
        shape="json",
    ),
    "keys": Harness(
        keys,
        lambda: {
            "one": b"a\x1b[A\x1b[97;5u\x1b[?31u\x1b[200~paste\x1b[201~\x1b]11;rgb:0000/0000/0000\x1b\\\x1bOP\x1b[1;2:3A\x1b"
        },
        ("ui/key_parser", "ui/paste_detection"),
        (b"\x1b[", b"\x1b]", b"\x1bO", b"u", b"~", b";", b"9" * 5000, b"\x1b[200~"),
    ),
    "control": Harness(
        control, lambda: {"one": b"toggle\n", "long": b"x" * 99}, ("app/control_socket",), (b"start\n", b"\0", b"\n")
    ),
    "tool-words": Harness(
        tool_words,
        lambda: {
            "time": b"What time is it?",
            "sum": b"How much is seventeen times (23 - 4) / 0?",
            "timer": b"Set a timer for ten minutes.",
            "units": b"Convert 3.5 miles to km",
            "german": b"Wie viel ist 3 hoch 4?",
        },
        ("tools/",),
        (b"times", b"divided by", b"to the power of", b"9" * 400, b"percent of", b"factorial"),
    ),
    "tool-arguments": Harness(
        tool_arguments,
        lambda: {
            "sum": b'{"expression": "2*3"}',
            "units": b'{"value": "3", "from": "km", "to": "mi"}',
            "place": b'{"place": "Paris"}',
            "day": b'{"day": "tomorrow"}',
        },
        ("tools/",),
        (b'"expression"', b"9" * 4000, b"**", b"1e999", b"null", b"[]"),
        shape="json",
    ),
    "mcp": Harness(
        mcp,
        lambda: dict(MCP),
        ("tools/mcp/definitions", "tools/mcp/results", "tools/registry"),
        (b'"type"', b"null", b"1e999", b"[" * 99, b'{"a":' * 50, b"9" * 4000),
        shape="json",
    ),
    "normalizer": Harness(normalizer, texts, ("speech/normalize",), WORDS),
    "sentences": Harness(sentences, texts, ("speech/",), WORDS),
    "door": Harness(door, texts, ("ui/sanitize", "app/clean_console"), WORDS),
    "database-rows": Harness(database_rows, lambda: {"one": b"\x00\x01\x02\x01\x05\x03"}, ("memory/",)),
    "database": Harness(database, database_seeds, ("memory/",), (b"CREATE TABLE", b"\xff" * 8, b"conversations")),
    **fuzz_tools.HARNESSES,
    **fuzz_servers.HARNESSES,
    **fuzz_texts.HARNESSES,
}
