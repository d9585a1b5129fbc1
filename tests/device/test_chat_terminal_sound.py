"""One conversation at a real terminal with real models, through a real sound server: what the user sees at every step."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.live_session import LOG, Film, events, homes, is_whole, rows, who_said
from fakes.tmux_terminal import Terminal
from fakes.words import plain
from speech_fixtures import speak
from virtual_sound_card import RATE_HZ, VirtualSoundCard

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (`apt install tmux`)"),
]

STORY = "Please tell me a story about the sea, and about the people who live there."
CAPITAL = "What is the capital of Japan?"
MOON = "Please tell me a story about the moon."
FRUIT = "Name a fruit that is yellow."
WIDE, NARROW, HIGH = 120, 60, 50
IDLE_KEYS = "Space talk   F1 help   F2 mute   F3 fix   / commands"
SPEAKING_KEYS = "Esc stop   Space talk   F1 help   F2 mute   F3 fix   / commands"
QUIET_METER = "──────────"
CUT = "■"


class Desk:
    """A user with a terminal, a microphone and a loudspeaker.

    The screen at each step is printed. pytest shows it if the test fails.
    """

    def __init__(self, folder: Path, card: VirtualSoundCard) -> None:
        self.folder = folder
        self.card = card
        self.terminal = Terminal(folder)
        self.width = WIDE
        self.players: list[subprocess.Popen[bytes]] = []

    def say(self, sound: Path) -> subprocess.Popen[bytes]:
        """Starts to play a sound into the microphone."""
        self.players.append(self.card.play_into_microphone(sound))
        return self.players[-1]

    def see(self, step: str, *there: str, gone: str = "") -> str:
        """Waits until the screen is complete and contains all of `there` and not `gone`, and returns it."""

        def is_there(screen: str) -> bool:
            return (
                all(text in screen for text in there)
                and not (gone and gone in screen)
                and is_whole(screen, width=self.width)
            )

        screen = self.terminal.wait_until(is_there, f"{step}: {there} without {gone!r}")
        print(f"==== {step}\n{screen.rstrip()}")
        # Joined, what the terminal had to wrap is wider than it is.
        joined = self.terminal.screen("-J") if self.width == WIDE else ""
        assert max((len(line.rstrip()) for line in joined.splitlines()), default=0) <= self.width, joined
        return screen

    def sounds(self) -> bool:
        """Whether the loudspeaker played any sound in the last 300 ms."""
        heard = (self.card.folder / "heard.raw").read_bytes()
        last = np.frombuffer(heard[: len(heard) // 2 * 2], dtype=np.int16)[-RATE_HZ * 3 // 10 :]
        return bool(last.any())


@pytest.fixture
def desk(server: VirtualSoundCard, tmp_path: Path) -> Iterator[Desk]:
    if not server.running:
        server.start_server()
    desk = Desk(tmp_path, server)
    yield desk
    for player in desk.players:
        player.wait()
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False, capture_output=True)


def answers(screen: str) -> list[str]:
    """The assistant's answers on the screen, without its greeting."""
    return [
        line for line in who_said(screen) if line.startswith("voicecli ") and not line.startswith("voicecli Ready.")
    ]


def asked(desk: Desk) -> list[list[str]]:
    """The words of every question, spoken or typed."""
    return [plain(event["text"]) for event in events(desk.folder, "transcript", final=True)]


def test_a_spoken_conversation_with_every_kind_of_key(desk: Desk, tmp_path: Path) -> None:  # noqa: PLR0915 - one conversation is one test
    story, capital, fruit = speak([STORY, CAPITAL, FRUIT], tmp_path / "said")
    terminal = desk.terminal
    # With headphones on; what a loudspeaker does to an interruption is another matter.
    # A silence waits for the key that ends what a key began.
    chosen = {
        "VOICECLI_LISTEN_SPECULATION": "speech",
        "VOICECLI_AUDIO_ECHO_CANCEL": "off",
        "VOICECLI_LISTEN_SHORTEST_SILENCE_MS": "1000",
        "VOICECLI_LISTEN_END_SILENCE_MS": "1000",
    }
    variables = homes(tmp_path) | LOG | chosen
    terminal.run(
        "-m voicecli chat --language en --duplex full",
        width=WIDE,
        height=HIGH,
        variables=" ".join(f"{name}={value}" for name, value in variables.items()),
    )
    with desk.card.record_speaker(tmp_path / "heard.wav"), Film(terminal) as film:
        terminal.wait_until(lambda screen: "○ listening" in screen, "the beginning")
        desk.see("begun", "○ listening", IDLE_KEYS, QUIET_METER)

        # A question is spoken; what is understood of it is shown before it is over.
        desk.say(story)
        desk.see("hearing", "● hearing you", "━", "Esc discard")
        desk.see("speaking", "◉ speaking", "voicecli  ", " s to answer", SPEAKING_KEYS)
        partial = [line for picture in film.pictures for line in rows(picture) if line.startswith("you ")]
        assert any(line.endswith(" …") for line in partial), partial
        assert asked(desk) == [plain(STORY)]
        terminal.wait_until(lambda _: desk.sounds(), "sound")

        # What is typed meanwhile stands whole above the status line, and the answer goes on.
        terminal.keys("typed meanwhile")
        screen = desk.see("typing", "◉ speaking", "you       typed meanwhile", "Enter send   Esc cancel")
        assert rows(screen)[-3] == "you       typed meanwhile"
        terminal.keys("Escape")
        desk.see("typed no more", "◉ speaking", SPEAKING_KEYS, gone="typed meanwhile")

        # A voice stops it and is answered. Within 0.8 s of the first sound it would go on with the question instead.
        time.sleep(1.5)
        desk.say(capital)
        desk.see("interrupted by voice", CUT, "● hearing you")
        screen = desk.see("the next answer", CUT, "Tokyo", "○ listening", IDLE_KEYS, gone="◉")
        said = who_said(screen)
        assert [line.split()[0] for line in said] == ["voicecli", "note", "you", "voicecli", "you", "voicecli"]
        said = said[1:]
        assert plain(said[1]) == ["you", *plain(STORY)]
        assert CUT in said[2]
        # Who interrupts on a busy machine may lose the first word.
        assert plain(said[3])[-3:] == plain(CAPITAL)[-3:]
        heard = said[3].removeprefix("you ")
        assert CUT not in said[4]

        # It is corrected; its answer is stopped by a key.
        terminal.keys("F3")
        screen = desk.see("correcting", "what did you say?", "Enter ask again   Esc cancel")
        assert rows(screen)[-4] == f"you       {heard}"
        terminal.keys("C-a", "C-k", MOON, "Enter")
        desk.see("asked anew", f"you       {MOON}", "◉ speaking")
        terminal.wait_until(lambda _: desk.sounds(), "sound")
        terminal.keys("Escape")
        desk.see("interrupted by key", "○ listening", gone="◉")
        screen = terminal.wait_until(
            lambda screen: CUT in who_said(screen)[-1], "the mark of the answer that was stopped"
        )
        # Of the three answers the two that were stopped end with a mark, and no other does.
        assert [line.count(CUT) for line in answers(screen)] == [1, 0, 1], screen
        terminal.wait_until(lambda _: not desk.sounds(), "silence")

        # It is taken back.
        terminal.keys("F7")
        screen = desk.see("undone", f"note      Undone: {MOON}", "○ listening")
        said = who_said(screen)
        taken = [line for line in said if line.startswith("note Undone: ")]
        assert len(taken) == 2
        assert taken[0].endswith(heard)  # who interrupts at once goes on with the question before
        assert taken[1] == f"note Undone: {MOON}"

        # Muted, nothing is heard.
        terminal.keys("F2")
        desk.see("muted", "⊘ muted", QUIET_METER, "F2 unmute")
        muted, before = len(film.pictures), len(events(tmp_path))
        desk.say(capital).wait()
        desk.see("still muted", "⊘ muted", QUIET_METER)
        assert len(events(tmp_path)) == before
        assert all("━" not in picture for picture in film.pictures[muted:])
        terminal.keys("F2")
        desk.see("not muted any more", "○ listening", IDLE_KEYS)

        # A key begins and ends an utterance; the answer sounds while the window changes its width.
        terminal.keys("Space")
        desk.see("recording", "● hearing you", "Space tap again to send   Esc discard")
        desk.say(fruit).wait()
        terminal.keys("Space")
        desk.width = NARROW
        terminal.resize(NARROW, HIGH)
        terminal.wait("◉ speaking")
        screen = desk.see("narrow", "○ listening", QUIET_METER, IDLE_KEYS.removesuffix("   / commands"), gone="◉")
        # What is played on a busy machine has gaps, and "a fruit" may be heard as "of fruit".
        picked = who_said(screen)[-2].removeprefix("you ")
        assert plain(picked)[-3:] == plain(FRUIT)[-3:]
        desk.width = WIDE
        terminal.resize(WIDE, HIGH)
        screen = desk.see("wide again", " s to answer · qwen", IDLE_KEYS)
        # The terminal may have moved the first rows into its scrollback, but not a row that was to be painted over.
        everything = terminal.scrollback()
        assert is_whole(everything, width=WIDE), everything
        said = [line for line in who_said(everything) if not line.startswith("note")]
        earlier, said = said[:-8], said[-8:]
        assert [line.split()[0] for line in said] == ["you", "voicecli"] * 4, everything
        # When the window becomes narrower the terminal itself moves rows into its scrollback, which then stand there a second time: the first rows
        # of the conversation as they are, in their order, the last of them perhaps in part; and nothing else.
        greeting, *twice = earlier
        assert greeting.startswith("voicecli Ready."), everything
        assert all(whole.startswith(line) for line, whole in zip(twice, said, strict=False)), everything
        assert twice[:-1] == said[: len(twice) - 1 if twice else 0], everything
        terminal.keys("C-c", "C-c")
        terminal.wait("rc=0")
    assert asked(desk) == [plain(text) for text in (STORY, heard, MOON, picked)]
    assert [event["by"] for event in events(tmp_path, "interrupted")] == ["voice", "key"]
    assert [event["reason"] for event in events(tmp_path, "speech_ended")] == ["silence", "silence", "key"]
    assert [event["muted"] for event in events(tmp_path, "muted")] == [True, False]
    assert [event["cut"] for event in events(tmp_path, "spoken")] == [True, False, True, False]
