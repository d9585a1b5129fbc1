from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from voicecli.app import engine_setup
from voicecli.config.load import load
from voicecli.errors import ConfigError, UnknownName
from voicecli.session import personas

GOOD = 'title = "A pirate"\nprompt = "You are a pirate."\n'


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own personas, empty."""
    folder = tmp_path / "personas"
    folder.mkdir()
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    return folder


BUILT_IN = [
    "assistant",
    "interviewer",
    "language-tutor",
    "magic-8-ball",
    "note-taker",
    "oracle",
    "robot",
    "storyteller",
    "support",
    "tutor",
]


def test_ten_personas_come_along(own: Path) -> None:
    assert not list(own.iterdir())
    assert personas.names() == BUILT_IN


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_persona_that_comes_along_is_complete_and_short_enough_for_a_small_model(name: str) -> None:
    persona = personas.load(name)
    assert persona.name == name
    assert persona.title
    assert persona.voice == persona.language == "auto"
    assert not persona.own
    assert len(persona.prompt.split()) < 80
    assert persona.sampling.max_tokens <= 200
    assert persona.prompt == persona.prompt.strip()


def test_an_own_persona_is_found_and_takes_the_place_of_one_that_comes_along(own: Path) -> None:
    (own / "pirate.toml").write_text(GOOD)
    (own / "robot.toml").write_text(
        'title = "Mine"\nprompt = "Beep."\nvoice = "en_US-joe-medium"\nlanguage = "en"\ngreeting = "Ahoy"\n'
    )
    assert "pirate" in personas.names()
    assert personas.load("pirate").own
    robot = personas.load("robot")
    assert (robot.title, robot.prompt, robot.voice, robot.language, robot.greeting) == (
        "Mine",
        "Beep.",
        "en_US-joe-medium",
        "en",
        "Ahoy",
    )


def test_sampling_that_is_not_given_is_the_default(own: Path) -> None:
    from voicecli.engines.ports import Sampling

    (own / "pirate.toml").write_text(GOOD + "[sampling]\ntemperature = 1\nseed = 7\n")
    assert personas.load("pirate").sampling == Sampling(temperature=1.0, seed=7)


@pytest.mark.parametrize(("line", "patience"), [("", None), ("patience = 2\n", 2.0), ("patience = 0.25\n", 0.25)])
def test_a_persona_may_be_patient(own: Path, line: str, patience: float | None) -> None:
    (own / "pirate.toml").write_text(GOOD + line)
    assert personas.load("pirate").patience == patience


@pytest.mark.parametrize(
    ("flag", "file", "in_persona", "patience"),
    [
        (0.5, "listen.patience = 3", "patience = 2", 0.5),
        (None, "listen.patience = 3", "patience = 2", 3.0),
        (None, "listen.patience = 1", "patience = 2", 1.0),
        (None, "", "patience = 2", 2.0),
        (None, "", "", 1.0),
    ],
)
def test_what_the_user_sets_counts_before_the_persona(
    own: Path, flag: float | None, file: str, in_persona: str, patience: float
) -> None:
    (own / "pirate.toml").write_text(GOOD + in_persona)
    config = own.parent / "config.toml"
    config.write_text(file)
    loaded = load(flags={"listen.patience": flag}, environ={"VOICECLI_CONFIG": str(config)})
    assert engine_setup.patience(personas.load("pirate"), loaded) == patience


def test_an_unknown_persona_is_named_with_the_nearest_and_with_all(own: Path) -> None:
    (own / "pirate.toml").write_text(GOOD)
    with pytest.raises(UnknownName) as caught:
        personas.load("asistant")
    assert caught.value.message == "There is no persona asistant."
    assert caught.value.hint.startswith(
        "Did you mean assistant? Available: assistant, interviewer, language-tutor, magic-8-ball, note-taker, oracle, pirate, "
    )
    assert caught.value.exit_code == 2


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["../../../etc/passwd", "", "assistant.toml", "/dev/null", "zzz"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(UnknownName) as caught:
        personas.load(name)
    assert "Did you mean" not in caught.value.hint or name == "assistant.toml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "is not valid TOML"),
        ('prompt = "p"', "title is missing"),
        ('title = "t"', "prompt is missing"),
        ('title = "t"\nprompt = "  \\n "', "prompt is missing"),
        ('title = "t"\nprompt = 3', "prompt must be text of at most 8000 characters"),
        (f'title = "t"\nprompt = "{"x" * 8001}"', "prompt must be text of at most 8000 characters"),
        (GOOD + 'promt = "p"', "there is no key promt ("),
        (GOOD + 'xyz = "p"', "there is no key xyz ("),
        (GOOD + 'language = "english"', "must be text of at most"),
        (GOOD + 'language = "E"', "language must be auto or a language code such as en or de, not 'E'"),
        (GOOD + "sampling = 3", "sampling must be a section"),
        (GOOD + "[sampling]\ntemprature = 1", "there is no key sampling.temprature ("),
        (GOOD + "[sampling]\ntemperature = 2.5", "sampling.temperature must be a number from 0 to 2, not 2.5"),
        (GOOD + "[sampling]\ntemperature = nan", "sampling.temperature must be a number from 0 to 2, not nan"),
        (GOOD + "[sampling]\ntop_p = true", "sampling.top_p must be a number from 0 to 1, not True"),
        (
            GOOD + "[sampling]\nmax_tokens = 20.0",
            "sampling.max_tokens must be a whole number from 16 to 4096, not 20.0",
        ),
        (GOOD + "patience = 5", "patience must be a number from 0.25 to 4, not 5"),
        (GOOD + "patience = true", "patience must be a number from 0.25 to 4, not True"),
        (GOOD + 'patience = "very"', "patience must be a number from 0.25 to 4, not 'very'"),
        (GOOD + '[sampling]\nseed = "x"', "sampling.seed must be a whole number"),
        (GOOD + "[sampling]\nvary = 1", "sampling.vary must be true or false, not 1"),
        (GOOD + "speed = 4", "speed must be a number from 0.5 to 3, not 4"),
        (GOOD + "speaker = 1.5", "speaker must be text of at most 80 characters"),
        (GOOD + "answers = 3", "answers must be a section, [answers]"),
        (GOOD + "[answers]\nlongest_word = 3", "there is no key answers.longest_word ("),
        (GOOD + "[answers]\nlongest_words = 2", "answers.longest_words must be a whole number from 3 to 400, not 2"),
        (
            GOOD + "[answers]\nlongest_words = 3\nshortest_words = 4",
            "answers.shortest_words is above answers.longest_words",
        ),
        (GOOD + "[answers]\nnever_twice = 1", "answers.never_twice must be true or false, not 1"),
        (GOOD + '[answers]\nnever_says = "no"', "answers.never_says must be a list of at most 50 texts"),
        (GOOD + '[answers]\nnever_says = [" "]', "answers.never_says must be a list of at most 50 texts"),
        (GOOD + '[answers]\nframe = "Answer."', "answers.frame must have {question} in it"),
        (GOOD + '[answers]\nsparks = ["a"]', "answers.sparks need {spark} in answers.frame"),
        (GOOD + '[answers]\nframe = "{question} {spark}"', "there are no answers.sparks"),
        (GOOD + '[answers]\nfoolish_like = ["a"]\nserious_like = ["b"]', "one question more than answers.serious_like"),
    ],
)
def test_a_wrong_file_says_what_is_wrong_with_it(own: Path, text: str, says: str) -> None:
    file = own / "pirate.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        personas.load("pirate")
    assert says in caught.value.message
    assert str(file) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('title = "t"\nprompt = """\nprompt: x\npatience = 9\n"""\npatience = 5', 6),
        (GOOD + "\n\n[sampling]\n# seed = 1\nseed = -1", 7),
        (GOOD + "[answers]\nsentences = 0", 4),
        (GOOD + "[sampling]\nseed = 1\n[answers]\nseed = 1", 6),
        (GOOD + "pateince = 1", 3),
        (GOOD + "answers = 3", 3),
    ],
)
def test_what_is_wrong_is_told_with_its_line(own: Path, text: str, line: int) -> None:
    file = own / "pirate.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        personas.load("pirate")
    assert f"({file}, line {line})" in caught.value.message


def test_a_key_of_answers_that_is_unknown_gets_the_nearest(own: Path) -> None:
    (own / "pirate.toml").write_text(GOOD + "[answers]\nlongest_word = 3")
    with pytest.raises(ConfigError) as caught:
        personas.load("pirate")
    assert caught.value.hint == "Did you mean longest_words?"


@pytest.mark.usefixtures("own")
def test_the_magic_8_ball_keeps_to_its_rules_and_has_no_list_of_answers() -> None:
    ball = personas.load("magic-8-ball")
    rules = ball.sampling.rules
    assert rules is not None
    assert (rules.longest_words, rules.sentences, rules.never_twice, rules.remembers) == (15, 1, True, False)
    assert rules.foolish == "Foolish questions get foolish answers."
    assert rules.varies
    assert "8 ball" in rules.never_says
    assert rules.foolish not in ball.prompt
    assert all(len(spark.split()) <= 3 for spark in rules.sparks)


@pytest.mark.usefixtures("own")
def test_a_persona_without_rules_has_none() -> None:
    assert personas.load("assistant").sampling.rules is None


@pytest.mark.parametrize(
    ("flag", "in_persona", "speed"), [(None, "speed = 0.8", 0.8), (1.5, "speed = 0.8", 1.5), (None, "", 1.0)]
)
def test_a_persona_may_speak_slowly(own: Path, flag: float | None, in_persona: str, speed: float) -> None:
    (own / "pirate.toml").write_text(GOOD + in_persona)
    config = own.parent / "config.toml"
    config.write_text("")
    loaded = load(flags={"reply.speed": flag}, environ={"VOICECLI_CONFIG": str(config)})
    assert engine_setup.speed(personas.load("pirate"), loaded) == speed


@pytest.mark.parametrize("speaker", ['"p3922"', "12"])
def test_a_speaker_has_a_name_or_a_number(own: Path, speaker: str) -> None:
    (own / "pirate.toml").write_text(GOOD + f"speaker = {speaker}")
    assert personas.load("pirate").speaker == speaker.strip('"')


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("promt", "Did you mean prompt?"),
        ("pateince", "Did you mean patience?"),
        ("xyz", "Keys are title, prompt, voice, speaker, language, greeting, patience, speed, tools, called."),
    ],
)
def test_a_key_that_is_unknown_gets_the_nearest_or_all(own: Path, key: str, hint: str) -> None:
    (own / "pirate.toml").write_text(GOOD + f"{key} = 'x'")
    with pytest.raises(ConfigError) as caught:
        personas.load("pirate")
    assert caught.value.hint == hint


def test_a_file_that_is_no_text_says_so(own: Path) -> None:
    (own / "pirate.toml").write_bytes(b"\xff\xfd\x00")
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        personas.load("pirate")


def test_a_file_that_cannot_be_read_says_so(own: Path) -> None:
    (own / "pirate.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        personas.load("pirate")


def test_a_new_persona_is_private_loads_and_is_not_written_over(own: Path) -> None:
    file = personas.create("pirate", like="robot")
    assert file == own / "pirate.toml"
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert personas.load("pirate").prompt == personas.load("robot").prompt
    file.write_text(GOOD)
    with pytest.raises(ConfigError) as caught:
        personas.create("pirate")
    assert caught.value.message == "The persona pirate already exists."
    assert str(file) in caught.value.hint
    assert file.read_text() == GOOD


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["Pirate", "../pirate", "", "a b", "x" * 41, ".hidden"])
def test_a_persona_cannot_have_any_name(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a persona's name"):
        personas.create(name)


def test_tools_and_names_of_a_persona() -> None:
    text = 'title = "T"\nprompt = "P"\ntools = ["notes", "clock"]\ncalled = ["Computer"]\n'
    persona = personas.parse(text, name="c", place="c.toml", own=True)
    assert (persona.tools, persona.called) == (("clock", "notes"), ("Computer",))
    assert personas.parse('title = "T"\nprompt = "P"\ntools = []\n', name="c", place="c.toml", own=True).tools == ()
    assert personas.load("assistant").tools is None
    with pytest.raises(ConfigError, match=r"there is no group of tools clocks.*clock.*line 3"):
        personas.parse('title = "T"\nprompt = "P"\ntools = ["clocks"]\n', name="c", place="c.toml", own=True)
