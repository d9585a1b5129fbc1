"""The cockpit on several kinds of terminals: what keys and lines do, and that every exit restores the terminal.

The program is the real one, with models that answer at once. The terminal is a pty that the test controls.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("terminals of Unix", allow_module_level=True)

from fakes.pty_terminal import Kind, PtyTerminal, player
from fakes.session_rig import speech
from voicecli.pcm import Pcm, samples_of, silence
from voicecli.ui.marked_paste import LONGEST_LINE

TESTS = Path(__file__).parent.parent
SRC = Path(__file__).parents[2] / "src"

READY, LISTENING = "○ ready", "○ listening"
PRE_ROLL_MS, TAIL_MS = 300, 200


@dataclass
class Desk:
    """Starts the program on a terminal, in its own folder."""

    folder: Path
    terminal: PtyTerminal | None = None

    def start(
        self,
        *arguments: str,
        kind: Kind = "legacy",
        late: bool = False,
        width: int = 100,
        background: bytes = b"",
        command: Sequence[str] = (),
        **environment: str,
    ) -> PtyTerminal:
        homes = {f"XDG_{name}_HOME": str(self.folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
        paths = {"PYTHONPATH": f"{TESTS}{os.pathsep}{SRC}", "REPORTS": str(self.reports_file), "SAY": str(self.said)}
        self.terminal = PtyTerminal(
            command or player(*arguments),
            environment=homes | paths | environment,
            kind=kind,
            late=late,
            width=width,
            background=background,
        )
        return self.terminal

    @property
    def reports_file(self) -> Path:
        return self.folder / "reports"

    @property
    def said(self) -> Path:
        return self.folder / "said"

    def reports(self) -> list[str]:
        """The reports that keys and lines sent to the conductor."""
        return self.reports_file.read_text(encoding="utf-8").splitlines() if self.reports_file.exists() else []

    def wait_for(self, report: str) -> None:
        """Waits until this is the last report that keys or a line sent."""
        assert self.terminal is not None
        self.terminal.until(lambda: self.reports()[-1:] == [report], report)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    if desk.terminal is not None:
        desk.terminal.__exit__(None, None, None)


def is_sane(terminal: PtyTerminal) -> None:
    """Asserts that the terminal is as before: its modes, and everything that the program has switched on."""
    assert terminal.modes == terminal.modes_before
    written = terminal.written
    assert written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l")
    assert written.rfind(b"\x1b[?2004l") > written.rfind(b"\x1b[?2004h")
    assert written.count(b"\x1b[>31u") == written.count(b"\x1b[<u")
    assert b"\x1b[?1049h" not in written
    assert terminal.flags == [0]


def _has_reports(desk: Desk, count: int) -> bool:
    return len(desk.reports()) == count


# ---- keys


def test_space_is_held_to_talk_where_the_terminal_tells_when_it_is_let_go(desk: Desk) -> None:
    terminal = desk.start("--talk", kind="kitty")
    terminal.wait("hold to talk")
    assert terminal.flags == [0, 31]
    terminal.type("\x1b[32u\x1b[32;1:2u\x1b[32;1:2u")
    desk.wait_for("TalkPressed()")
    terminal.wait("let go to send")
    terminal.type("\x1b[32;1:3u")
    desk.wait_for("TalkReleased()")
    terminal.type("\x1b[32u\x1b[27u")
    desk.wait_for("TalkDiscarded()")
    terminal.type("\x1b[32;1:3u\x1b[Q")  # its release comes late; F2 in the protocol's form
    desk.wait_for("MuteToggled()")
    assert desk.reports() == ["TalkPressed()", "TalkReleased()", "TalkPressed()", "TalkDiscarded()", "MuteToggled()"]
    terminal.type(
        "\x1b[104;;104u\x1b[104;1:3u\x1b[105;;105u\x1b[32;;32u\x1b[32;1:3u\x1b[228;;228u\x1b[97;2;65u\x1b[13u"
    )
    desk.wait_for("Typed(text='hi äA', wait=False)")
    terminal.type("\x1b[100;5u\x1b[100;5:3u")  # Ctrl-D
    assert terminal.end() == 0
    is_sane(terminal)


def test_exactly_what_is_heard_while_space_is_held_is_transcribed(desk: Desk) -> None:
    sound, heard, orders = desk.folder / "sound.npy", desk.folder / "heard.npy", desk.folder / "orders"
    desk.said.write_text("Hello?")
    terminal = desk.start(
        "--talk",
        "--ptt",
        kind="kitty",
        VOICECLI_LISTEN_SPECULATION="off",
        SOUND=str(sound),
        HEARD=str(heard),
        ORDERS=str(orders),
    )
    terminal.wait(LISTENING)
    random = np.random.default_rng(0)
    fed: list[Pcm] = []

    def hear(duration_ms: float, loudness: int) -> None:
        fed.append(random.integers(-loudness, loudness, samples_of(duration_ms)).astype(np.int16))
        np.save(sound.with_suffix(".new.npy"), fed[-1])
        sound.with_suffix(".new.npy").rename(sound)
        terminal.signal(signal.SIGUSR1)
        terminal.until(lambda: not sound.exists(), "the sound was heard")

    def obeyed(order: str) -> None:
        """Waits until the listener has received the order, so that the test's next sound comes after it."""
        terminal.until(lambda: orders.exists() and orders.read_text().split()[-1:] == [order], order)

    hear(1000, 8000)
    terminal.type("\x1b[32u")
    obeyed("BeginTalk")
    terminal.wait("let go to send")
    hear(100, 300)
    terminal.wait("● hearing you")
    hear(1200, 8000)
    terminal.type("\x1b[32;1:2u\x1b[32;1:3u")
    obeyed("EndTalk")
    hear(1000, 8000)  # the tail is not cut short, since there is no silence in it
    terminal.wait("Answer 1 to Hello?")
    everything, utterance = np.concatenate(fed), np.load(heard)
    began = samples_of(1000 - PRE_ROLL_MS)
    ended = samples_of(1000 + 100 + 1200 + TAIL_MS)
    assert np.array_equal(utterance, everything[began:ended])


@pytest.mark.parametrize("kind", ["legacy", "partial"])
def test_space_is_tapped_where_the_terminal_cannot_tell(desk: Desk, kind: Kind) -> None:
    terminal = desk.start("--talk", kind=kind)
    terminal.wait("Space talk")
    terminal.type(" ")
    desk.wait_for("TalkToggled()")
    terminal.wait("Space tap again to send")
    terminal.type("\x1b")
    desk.wait_for("TalkDiscarded()")
    terminal.type("a b\x1bOQ")  # the second space is one; F2 is a key in the middle of a line, too
    desk.wait_for("MuteToggled()")
    terminal.type("\r")
    desk.wait_for("Typed(text='a b', wait=False)")
    assert desk.reports()[:2] == ["TalkToggled()", "TalkDiscarded()"]
    terminal.wait("⊘ muted")
    terminal.type("\x04")
    assert terminal.end() == 0
    is_sane(terminal)


def test_a_tap_holds_through_a_pause_until_the_second_tap(desk: Desk) -> None:
    sound, orders = desk.folder / "sound.npy", desk.folder / "orders"
    desk.said.write_text("Hello?")
    np.save(sound, np.concatenate([speech(600), silence(samples_of(5000)), speech(600)]))
    terminal = desk.start("--talk", VOICECLI_LISTEN_SPECULATION="off", SOUND=str(sound), ORDERS=str(orders))
    terminal.wait("Space talk")
    terminal.type(" ")
    terminal.until(lambda: orders.exists() and "BeginTalk" in orders.read_text(), "BeginTalk")
    terminal.signal(signal.SIGUSR1)
    terminal.until(lambda: not sound.exists(), "all of it is heard")
    terminal.wait("Space tap again to send")
    assert "Answer" not in terminal.text
    assert terminal.text.rfind("Space talk") < terminal.text.rfind("Space tap again to send")
    terminal.type(" ")
    terminal.until(lambda: "EndTalk" in orders.read_text(), "EndTalk")
    np.save(sound, silence(samples_of(500)))
    terminal.signal(signal.SIGUSR1)
    terminal.wait("Answer 1 to Hello?")
    assert orders.read_text().split().count("BeginTalk") == 1
    assert desk.reports() == ["TalkToggled()", "TalkToggled()"]


@pytest.mark.parametrize(("kind", "down", "up"), [("kitty", "\x1b[32u", "\x1b[32;1:3u"), ("legacy", " ", " ")])
def test_muted_the_key_to_talk_shows_no_recording(desk: Desk, kind: Kind, down: str, up: str) -> None:
    terminal = desk.start("--talk", kind=kind)
    terminal.wait("hold to talk" if kind == "kitty" else "Space talk")
    terminal.type("\x1bOQ")
    terminal.wait("F2 unmute")
    terminal.type(down)
    terminal.wait("Microphone muted. Press F2 to unmute.")
    terminal.type(up + "\x1bOQ")
    terminal.wait("F2 mute", 2)
    assert "let go to send" not in terminal.text
    assert "tap again to send" not in terminal.text


def test_garbage_collection_leaves_alone_what_was_there_at_the_beginning(desk: Desk) -> None:
    terminal = desk.start(
        PYTHONHASHSEED="0"
    )  # a start of its own: what a forked player begins with is left alone already
    terminal.wait("typing")
    terminal.type("How many are kept?\r")
    terminal.until(lambda: re.search(r"\d{5,} objects", terminal.text), "a count")
    terminal.type("\x04")
    assert terminal.end() == 0


@pytest.mark.parametrize(
    ("kind", "background", "colour", "synchronized"),
    [
        ("kitty", b"\x1b]11;rgb:ffff/ffff/dddd\x1b\\", "34", True),
        ("kitty", b"\x1b]11;rgb:00/00/00\x07", "36", True),
        ("legacy", b"", "", False),
    ],
)
def test_the_terminal_is_asked_what_it_can_and_how_bright_it_is(
    desk: Desk, kind: Kind, background: bytes, colour: str, *, synchronized: bool
) -> None:
    terminal = desk.start("--talk", kind=kind, late=True, background=background)
    terminal.type("Hel")
    terminal.wait("Hel")
    terminal.until(lambda: terminal._owed.endswith(background))
    terminal.answer()
    terminal.type("lo?\r")
    desk.wait_for("Typed(text='Hello?', wait=False)")  # no answer was typed into it
    terminal.wait("Answer 1 to Hello?")
    assert (b"\x1b[?2026h" in terminal.written) == synchronized
    label = f"\x1b[1;{colour}myou" if colour else "\x1b[1myou"
    assert label.encode() in terminal.written


def test_a_terminal_that_answers_late_eats_nothing_that_was_typed(desk: Desk) -> None:
    terminal = desk.start("--talk", kind="kitty", late=True)
    terminal.type("What is\x1b[D\x1b[C two")
    terminal.until(lambda: terminal._owed.startswith(b"\x1b[?0u"))
    terminal.wait("What is two")
    terminal.answer()
    terminal.until(lambda: terminal.flags == [0, 31])
    terminal.type(" plus\x1b[32u\x1b[116;;116u\x1b[119;;119u\x1b[111;;111u\x1b[63;;63u\x1b[13u")
    desk.wait_for("Typed(text='What is two plus two?', wait=False)")


def test_what_is_typed_while_models_are_loaded_or_all_at_once_is_asked_in_its_order(desk: Desk) -> None:
    terminal = desk.start()
    for count, word in enumerate(("One", "Two", "Three"), 1):
        terminal.type(f"{word}?\r")
        terminal.until(partial(_has_reports, desk, count))
    assert desk.reports() == [f"Typed(text='{word}?', wait=False)" for word in ("One", "Two", "Three")]


def test_a_paste_of_many_lines_is_one_message_that_waits_for_enter(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("\x1b[200~def f():\r\n\treturn ' x'\r\nwhat is \x1b[31mthat\x1b[201~")
    terminal.wait("return ' x'")
    terminal.wait("what is that")
    assert desk.reports() == []
    terminal.type("?\r")
    desk.wait_for("Typed(text=\"def f():\\n    return ' x'\\nwhat is that?\", wait=False)")


def test_a_paste_without_marks_is_one_message_too(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("Summarise this list:\n- apples\n- pears\n\n- plums")
    terminal.wait("- plums")
    assert desk.reports() == []
    terminal.type("\r")
    desk.wait_for("Typed(text='Summarise this list:\\n- apples\\n- pears\\n\\n- plums', wait=False)")


MEGABYTE = "".join(f"{i:06d} words and more\n" for i in range(1_000_000 // 22))
"""Lines of a text, each different, so that a lost piece is found."""


@pytest.mark.processes
def test_a_megabyte_without_marks_arrives_whole_and_waits_for_enter(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.pour(MEGABYTE.replace("\n", "\r").encode())
    terminal.wait(MEGABYTE[-22:-1])  # the caret is behind the last line
    assert desk.reports() == []
    terminal.type("\r")
    terminal.until(desk.reports, "the message")
    assert desk.reports() == [f"Typed(text={MEGABYTE.strip()!r}, wait=False)"]
    terminal.wait("The message is too long for the model")
    terminal.type("Short?\r")
    terminal.wait("Answer 1 to Short? (0 before).")


@pytest.mark.processes
def test_ctrl_c_and_esc_act_while_a_megabyte_arrives(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("a long one\r")
    terminal.wait("more more")
    terminal.pour(MEGABYTE.encode() + b"\x1b\x1b" + MEGABYTE.encode())  # the first one clears the line
    desk.wait_for("InterruptPressed()")
    terminal.pour(MEGABYTE.encode() + b"\x03" + b"what comes then " * 20)
    terminal.wait("Press Ctrl-C again to end.")
    terminal.wait("what comes then")
    terminal.type("\r")
    desk.wait_for(f"Typed(text={('what comes then ' * 20).strip()!r}, wait=False)")


@pytest.mark.processes
def test_what_exceeds_the_line_is_told_and_a_cut_text_is_not_sent(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    for marks in (("", ""), ("\x1b[200~", "\x1b[201~")):
        terminal.pour(f"{marks[0]}{'x' * (LONGEST_LINE + 10_000)}{marks[1]}\r".encode())
        terminal.wait("The line is full: it holds 2,000,000 characters", 1 if not marks[0] else 2)
        terminal.type("\x03")
        terminal.wait("Press Ctrl-C again to end.", 1 if not marks[0] else 2)
        terminal.type("Short?\r")
        terminal.wait(f"Answer {1 if not marks[0] else 2} to Short?")
    assert [each for each in desk.reports() if "xx" in each] == []


def test_no_key_types_its_sequence(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    for sent in ("\x1b[15;5~", "\x1b[1;5q", "\x1b[R", "\x1bq", "\x1b[1;129A", "\x1b[99~", "\x1b[1;2P", "\x1bOj"):
        terminal.type(sent)
    terminal.type("x\r")
    desk.wait_for("Typed(text='*x', wait=False)")  # the keypad's asterisk
    assert len(desk.reports()) == 1


def test_typed_lines_are_searched(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    for line in ("What is a nebula?", "Who was Ada Lovelace?", "What is a quasar?"):
        terminal.type(f"{line}\r")
        terminal.wait(f"to {line}")
    terminal.type("half\x12")
    terminal.wait("Ctrl-R older")
    terminal.type("WHAT IS")
    terminal.wait("What is a quasar?", 3)
    terminal.type("\x12")
    terminal.wait("What is a nebula?", 3)
    terminal.type("\r")
    terminal.wait("Enter send")
    assert len(desk.reports()) == 3
    terminal.type("\r")
    terminal.until(lambda: len(desk.reports()) == 4)
    assert desk.reports()[-1] == "Typed(text='What is a nebula?', wait=False)"
    terminal.type("half\x12zzz")
    terminal.wait("no typed line has that")
    terminal.type("\x1b")
    terminal.wait("half")
    terminal.type("\r")
    desk.wait_for("Typed(text='half', wait=False)")


@pytest.mark.parametrize("word", ["quit", "Exit", "bye"])
def test_a_word_of_farewell_ends_after_asking_once(desk: Desk, word: str) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type(f"{word}\r")
    terminal.wait("Type it again to end the conversation.")
    terminal.type("Hello?\r")
    terminal.wait("to Hello?")
    terminal.type(f"{word}\r")
    terminal.wait("Type it again to end the conversation.", 2)
    terminal.type(f"{word}\r")
    assert terminal.end() == 0
    assert desk.reports() == ["Typed(text='Hello?', wait=False)", "QuitAsked(gently=True)"]


def test_control_d_behind_blanks_ends(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("   \x04")
    assert terminal.end() == 0
    is_sane(terminal)


def test_a_paste_without_an_end_does_not_take_the_keyboard_away(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("\x1b[200~never ended")
    terminal.type("x")
    terminal.read(0.3)
    terminal.type("\x03")
    terminal.wait("Press Ctrl-C again to end.")


def test_a_correction_takes_question_and_answer_back_and_asks_anew(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("First?\r")
    terminal.wait("Answer 1 to First? (0 before).")
    terminal.type("Secant?\r")
    terminal.wait("Answer 2 to Secant? (2 before).")
    terminal.type("\x1b[13~")  # F3
    terminal.wait("what did you say?")
    terminal.type("\x7f\x7f\x7f\x7f" + "ond?\r")
    desk.wait_for("Correct(turn=2, text='Second?')")
    terminal.wait("Undone: Secant?")
    terminal.wait("Answer 3 to Second? (2 before).")
    terminal.type("/correct Third?\r")
    terminal.wait("Answer 4 to Third? (2 before).")
    terminal.type("a long one\r")
    terminal.wait("more more")
    terminal.type("\x1b[13~")
    terminal.type("\x01\x0bshort?\r")
    terminal.wait("Undone: a long one")
    terminal.wait("Answer 6 to short? (4 before).")
    terminal.type("\x1b[18~")  # F7
    terminal.wait("Undone: short?")
    terminal.type("/clear\r")
    terminal.wait("A new conversation begins here.")
    terminal.type("\x1b[18~")
    terminal.wait("There is nothing to undo.")
    terminal.type("Anew?\r")
    terminal.wait("Answer 7 to Anew? (0 before).")


def test_an_earlier_conversation_is_resumed_and_a_new_one_begun(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("First?\r")
    terminal.wait("Answer 1 to First? (0 before).")
    terminal.type("/resume\r")
    terminal.wait("There is no other conversation.")
    terminal.type("/new\r")
    terminal.wait("A new conversation begins here.")
    terminal.type("Second?\r")
    terminal.wait("Answer 2 to Second? (0 before).")
    terminal.type("/resume\r")
    terminal.wait("Going on with conversation 1: First?")
    terminal.type("Third?\r")
    terminal.wait("Answer 3 to Third? (2 before).")
    terminal.type("/resume 1\r")
    terminal.wait("This is conversation 1.")
    terminal.type("/resume 2\r")
    terminal.wait("Going on with conversation 2: Second?")
    terminal.type("Fourth?\r")
    terminal.wait("Answer 4 to Fourth? (2 before).")
    terminal.type("\x1b[18~")  # F7
    terminal.wait("Undone: Fourth?")
    terminal.type("\x1b[18~")
    terminal.wait("Undone: Second?")
    terminal.type("/quit\r")
    assert terminal.end() == 0


def test_a_turn_is_heard_again_where_its_sound_is_saved(desk: Desk) -> None:
    heard = desk.folder / "heard.wav"
    terminal = desk.start("--speak", "--speaker", str(heard), "--save-audio")
    terminal.wait(READY)
    terminal.type("/play 1\r")
    terminal.wait("There is no turn 1.")
    terminal.type("First?\r")
    terminal.wait("Answer 1 to First? (0 before).")
    kept = desk.folder / "data" / "voicecli" / "history" / "audio" / "1-voicecli.flac"
    terminal.until(kept.exists, "the file")
    terminal.type("/play 1\r")
    terminal.until(lambda: any("SoundChosen" in report for report in desk.reports()), "the sound")
    terminal.wait("◉ speaking", count=2)
    terminal.type("/play 1 you\r")
    terminal.wait("The sound of that is not saved.")  # it was typed
    terminal.type("/play 1 nobody\r")
    terminal.wait("There is no side nobody.")
    terminal.type("/new\r")
    terminal.wait("A new conversation begins here.")
    terminal.type("/play 1\r")
    terminal.wait("There is no turn 1.", count=2)


def test_a_turn_without_sound_cannot_be_heard_again(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("First?\r")
    terminal.wait("Answer 1 to First? (0 before).")
    terminal.type("/play 1\r")
    terminal.wait("The sound of that is not saved. To save it: voicecli chat --save-audio")


def test_facts_are_remembered_listed_and_forgotten(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("/memory\r")
    terminal.wait("Nothing is remembered of you.")
    terminal.type("/remember\r")
    terminal.wait("Say which: /remember TEXT.")
    terminal.type("/remember I like tea\r")
    terminal.wait("Remembered: I like tea")
    terminal.type("Remember that my sister is called Ana.\r")
    terminal.wait("Remembered: my sister is called Ana")
    terminal.type("/memory\r")
    terminal.wait("2. my sister is called Ana")
    terminal.type("/forget 1\r")
    terminal.wait("Forgotten: I like tea")
    terminal.type("your prompt?\r")
    terminal.wait("• my sister is called Ana")


@pytest.mark.parametrize(("setting", "rings"), [("auto", 1), ("off", 0)])
def test_the_terminal_rings_for_an_answer_that_nobody_looks_at(desk: Desk, setting: str, rings: int) -> None:
    terminal = desk.start(LONG_S="0", VOICECLI_UI_BELL=setting)
    terminal.wait(READY)
    terminal.type("One\r")
    terminal.wait("Answer 1 to One (0 before).")
    terminal.type("\x1b[O")
    terminal.type("Two\r")
    terminal.wait("Answer 2 to Two (2 before).")
    terminal.type("\x1b[I")
    terminal.type("Three\r")
    terminal.wait("Answer 3 to Three (4 before).")
    terminal.type("\x04")
    assert terminal.end() == 0
    assert terminal.written.count(b"\x07") == rings
    assert [terminal.written.count(sequence) for sequence in (b"\x1b[?1004h", b"\x1b[?1004l")] == [rings, rings]


def test_slash_commands_say_what_they_did_or_what_was_wrong(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    for line, said in (
        ("/copy", "There is no answer to copy yet."),
        ("/latency", "Nothing has been answered yet."),
        ("/history", "Nothing has been said yet."),
        ("/continue", "Nothing has been said yet."),
        ("/repeat", "There is no answer to repeat yet."),
        ("/mute", "There is no microphone."),
        ("/etc/passwd and what it is", "Answer 1 to /etc/passwd and what it is"),
        ("//help", "Answer 2 to /help (2 before)."),
        ("/history", "1. /etc/passwd and what it is"),
        ("/latency", "the first word of the answer"),
        ("/shorter", "Answer 3 to Please say that again, much shorter. (4 before)."),
        ("/persona oracle", "Now talking to: oracle"),
        ("/repeat", "Answer 3 to Please say that again"),
        ("/help", "make it shorter"),
    ):
        count = terminal.text.count(said)
        terminal.type(f"{line}\r")
        terminal.wait(said, count + 1)
    for line, said in (
        ("/hlep", "There is no /hlep. Did you mean /help?"),
        ("/mic", "Start again with: voicecli chat --mic NAME"),
        ("/voice", "Nothing is spoken in this session."),
        ("/speed 9", "The speed must be a number from 0.5 to 3"),
        ("/speed 1.5", "The speed is now 1.5."),
        ("/slower", "The speed is now 1.3."),
        ("/louder", "The volume is now 140 %."),
        ("/language germn", "There is no language germn. Did you mean german?"),
        ("/language german", "Listening now for German (de)."),
        ("/persona", "Available: assistant,"),
        ("/save", "Say which: /save FILE."),
        ("/persona nobody", "There is no persona nobody."),
    ):
        terminal.type(f"{line}\r")
        terminal.wait(said)
    terminal.type("Not glued to it?\r")
    desk.wait_for("Typed(text='Not glued to it?', wait=False)")
    terminal.wait("to Not glued to it?")
    terminal.type("\x1b[A\x1b[A")
    terminal.wait("/persona nobody")
    terminal.type("\x15")
    terminal.type("/co")
    terminal.wait("/correct  /continue  /copy")
    terminal.type("\t")
    terminal.wait("/correct fix the last question")
    terminal.type("\x1b[B")
    terminal.wait("/continue let the assistant continue")
    left = terminal.text.count("/ commands")
    terminal.type("\x1b")  # what follows it at once would be a key with Alt
    terminal.wait("/ commands", left + 1)
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert desk.reports()[-1] == "QuitAsked(gently=True)"
    is_sane(terminal)


def test_a_conversation_is_saved_for_its_owner_alone_and_never_over_another_file(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("Hello?\r")
    terminal.wait("Answer 1 to Hello? (0 before).")
    file = desk.folder / "talk.txt"
    terminal.type(f"/save {file}\r")
    terminal.wait("Saved to")
    assert file.read_text() == "you: Hello?\nvoicecli: Answer 1 to Hello? (0 before). \n".replace(". \n", ".\n")
    assert file.stat().st_mode & 0o777 == 0o600
    terminal.type(f"/save {file}\r")
    terminal.wait("Name another file.")
    typed = desk.folder / "state" / "voicecli" / "typed-lines"
    assert "+Hello?" in typed.read_text()
    assert typed.stat().st_mode & 0o777 == 0o600


def test_a_file_is_given_read_aloud_and_closed(desk: Desk) -> None:
    file = desk.folder / "guide.md"
    file.write_text("# One\nThe first.\n\n# Two\nThe second one.\n", encoding="utf-8")
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("/file\r")
    terminal.wait("No file is open.")
    terminal.type(f"/file '{file}'\r")
    terminal.wait("Open for questions and reading aloud: guide.md: 2 sections: One; Two.")
    terminal.type("Read me the second section\r")
    terminal.wait("The second one.")
    terminal.type(f"/file {desk.folder / 'none.md'}\r")
    terminal.wait("There is no file")
    terminal.type("/file -\r")
    terminal.wait("No file is open any more.")
    terminal.type("Read me the second section\r")
    terminal.wait("You have given me no file.")
    terminal.type("\x04")
    assert terminal.end() == 0


def test_what_was_typed_comes_back_in_the_next_session_unless_it_shall_not(desk: Desk) -> None:
    for _ in range(2):
        terminal = desk.start()
        terminal.wait(READY)
        terminal.type("\x1b[A")
        terminal.read(0.2)
        terminal.type(" More?\r")
        terminal.wait("Answer 1 to")
        terminal.type("\x04")
        assert terminal.end() == 0
    desk.wait_for("InputClosed()")
    assert [each for each in desk.reports() if each.startswith("Typed")] == [
        "Typed(text='More?', wait=False)",
        "Typed(text='More? More?', wait=False)",
    ]
    typed = desk.folder / "state" / "voicecli" / "typed-lines"
    typed.unlink()
    config = desk.folder / "config" / "voicecli"
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.toml").write_text("[chat]\nremember_typed = false\n")
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("Secret?\r")
    terminal.wait("Answer 1 to Secret?")
    terminal.type("\x04")
    assert terminal.end() == 0
    assert not typed.exists()


def test_the_last_answer_goes_to_the_clipboard_by_way_of_the_terminal(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.type("Hi?\r")
    terminal.wait("Answer 1 to Hi?")
    terminal.type("\x1b[19~")
    terminal.until(lambda: b"\x1b]52;c;QW5zd2VyIDEgdG8gSGk/" in terminal.written, "OSC 52")


def test_what_was_heard_is_sent_once_it_was_confirmed(desk: Desk) -> None:
    terminal = desk.start("--talk", "--confirm")
    terminal.wait(LISTENING)
    desk.said.write_text("Recognise speech?")
    terminal.signal(signal.SIGUSR1)
    terminal.wait("is that right?")
    assert "Answer" not in terminal.text
    terminal.type("\r")
    desk.wait_for("Confirmed(turn=1, text='Recognise speech?')")
    terminal.wait("Answer 1 to Recognise speech? (0 before).")  # the draft's: made before it was confirmed
    desk.said.write_text("Wreck a nice")
    terminal.signal(signal.SIGUSR1)
    terminal.wait("is that right?", 2)
    terminal.type(" beach?\r")
    terminal.wait("to Wreck a nice beach? (2 before).")
    desk.said.write_text("Never mind.")
    terminal.signal(signal.SIGUSR1)
    terminal.wait("is that right?", 3)
    terminal.type("\x1b")
    desk.wait_for("Confirmed(turn=3, text='')")
    terminal.wait(LISTENING, terminal.text.count(LISTENING))
    terminal.type("And now?\r")
    terminal.wait("to And now? (4 before).")


def test_what_is_said_on_is_added_to_what_waits_and_what_was_typed_meanwhile_comes_back(desk: Desk) -> None:
    terminal = desk.start("--talk", "--confirm")
    terminal.wait(LISTENING)
    terminal.type("a note")
    terminal.wait("a note")
    for said in ("Recognise", "Recognise speech?"):
        desk.said.write_text(said.split()[-1])
        terminal.signal(signal.SIGUSR1)
        terminal.wait(said)
    terminal.wait("Recognise speech?")
    terminal.type("\r")
    desk.wait_for("Confirmed(turn=2, text='Recognise speech?')")
    terminal.wait("to Recognise speech? (0 before).")
    terminal.type(" comes back\r")
    desk.wait_for("Typed(text='a note comes back', wait=False)")
    typed = (desk.folder / "state" / "voicecli" / "typed-lines").read_text()
    assert "Recognise" not in typed  # what was said is written down nowhere


def test_confirming_needs_a_terminal(desk: Desk) -> None:
    terminal = desk.start("--confirm", "--json")
    assert terminal.end() == 2
    assert "--confirm needs a terminal, where you confirm what was heard." in terminal.text


def test_a_microphone_called_none_means_typing(desk: Desk) -> None:
    terminal = desk.start("--talk", "--mic", "none")
    terminal.wait("typing · offline")
    terminal.type(" a space is one here\r")
    desk.wait_for("Typed(text='a space is one here', wait=False)")


def test_the_key_line_fits_sixty_columns(desk: Desk) -> None:
    terminal = desk.start("--talk", width=60)
    terminal.wait("Space talk   F1 help   F2 mute   F3 fix   / commands")


def test_no_colour_is_written_where_none_is_wanted(desk: Desk) -> None:
    terminal = desk.start(NO_COLOR="1")
    terminal.wait(READY)
    terminal.type("Hi?\r")
    terminal.wait("Answer 1")
    assert b"\x1b[3" not in terminal.written.replace(b"\x1b[3;", b"")


def test_a_dumb_terminal_gets_plain_lines_and_types_plain_lines(desk: Desk) -> None:
    terminal = desk.start(TERM="dumb")
    terminal.wait("Using")
    terminal.type("Hi?\n")
    terminal.wait("voicecli: Answer 1 to Hi? (0 before).")
    assert terminal.modes == terminal.modes_before
    assert b"\x1b" not in terminal.written
    terminal.type("\x04")
    assert terminal.end() == 0


# ---- ways out


@pytest.mark.parametrize("kind", ["legacy", "kitty"])
@pytest.mark.parametrize(
    ("keys", "number", "code"),
    [
        ("\x04", None, 0),
        ("/quit\r", None, 0),
        ("\x03\x03", None, 0),
        ("half a line\x03\x03", None, 0),
        ("", signal.SIGTERM, 143),
        ("", signal.SIGHUP, 129),
        ("fault\r", None, 1),
        ("crash\r\x04", None, 0),
        ("child\r\x04", None, 0),
        ("a long one\r\x03\x03", None, 0),
        ("a slow one\r\x04\x04", None, 0),
    ],
)
def test_the_terminal_is_as_it_was_on_every_way_out(
    desk: Desk, kind: Kind, keys: str, number: signal.Signals | None, code: int
) -> None:
    terminal = desk.start(kind=kind)
    terminal.wait(READY)
    if kind == "kitty":
        terminal.until(lambda: terminal.flags == [0, 31])
    assert terminal.modes != terminal.modes_before
    for key in keys:
        terminal.type(key)
    if number is not None:
        terminal.signal(number)
    assert terminal.end() == code
    is_sane(terminal)


def test_the_key_that_ended_the_session_is_let_go_before_the_shell_reads(desk: Desk) -> None:
    terminal = desk.start(kind="kitty")
    terminal.wait(READY)
    terminal.until(lambda: terminal.flags == [0, 31])
    terminal.last_release = b"\x1b[100;5:3u\x1b[57442;1:3u"  # of d and of Ctrl
    terminal.type("\x1b[100;5u")
    assert terminal.end() == 0
    is_sane(terminal)
    assert terminal.unread() == b""


def test_ctrl_c_ends_the_loading(desk: Desk) -> None:
    terminal = desk.start(SLOW_LOAD="1")
    terminal.wait("loading")
    terminal.type("\x03")
    assert terminal.end() == 130
    is_sane(terminal)


def test_a_terminal_that_hangs_up_ends_the_session(desk: Desk) -> None:
    terminal = desk.start()
    terminal.wait(READY)
    terminal.hang_up()
    assert terminal.end() in {0, 129}


@pytest.mark.parametrize("kind", ["legacy", "kitty"])
def test_a_shell_gets_a_sane_terminal_while_the_session_is_suspended(desk: Desk, kind: Kind) -> None:
    terminal = desk.start(kind=kind, command=["sh", "-i"], PS1="$ ")
    terminal.type(f"{shlex.join(player())}\n")
    terminal.wait(READY)
    if kind == "kitty":
        terminal.until(lambda: terminal.flags == [0, 31])
    for key in ("\x1a", "\x1b[122;5u"):  # the second in the protocol's form
        if kind == "kitty" or key == "\x1a":
            stopped = terminal.text.count("Stopped")
            terminal.type("half a li")
            terminal.wait("half a li")
            raw = terminal.modes
            terminal.type(key)
            terminal.wait("Stopped", stopped + 1)
            is_sane(terminal)
            shown = terminal.text.count("half a li")
            terminal.type("fg\n")
            terminal.wait("half a li", shown + 1)
            terminal.until(lambda raw=raw: terminal.modes == raw)  # type: ignore[misc] # the loop's
            if kind == "kitty":
                terminal.until(lambda: terminal.flags == [0, 31])
            terminal.type("ne\x15")
    terminal.type("\x04")
    terminal.wait("$ ", terminal.text.count("$ ") + 1)
    is_sane(terminal)
