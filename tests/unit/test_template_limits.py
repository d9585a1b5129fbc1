"""A chat template that hangs, grows or fails ends with an error of voicecli, soon, and harms nothing else."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicecli.engines import chat_template, template_renderer
from voicecli.engines.chat_template import CHATML, ChatTemplate
from voicecli.engines.ports import ChatMessage
from voicecli.engines.template_renderer import Renderer, TemplateFailedError, TemplateRanAwayError
from voicecli.errors import ModelInvalid

TODAY = dt.date(2026, 3, 9)
HELLO = ChatMessage(role="user", content="Hello!")
BODY = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
LONGEST_S = 5.0

HOSTILE = {
    "nested-loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "loops-without-a-call": "{% set n = 'x' * 1000 %}" + "{% for a in n %}" * 6 + "{% endfor %}" * 6,
    "center": "{{ 'a' | center(10 ** 9) }}",
    "center-as-a-method": "{{ 'a'.center(10 ** 10) }}",
    "times": "{{ 'a' * (10 ** 10) }}",
    "list-times": "{% set x = [0] * (10 ** 9) %}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "format": "{{ '%9999999999d' % 1 }}",
    "doubling": "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "replace": "{% set x = 'a' * 99999 %}{{ x | replace('a', x) | replace('a', x) }}",
    "recursion": "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "zero": "{{ 1 // 0 }}",
    "modulo-zero": "{{ 1 % 0 }}",
    "overflow": "{{ 10.0 ** 400 }}",
    "index": "{{ messages[99].content }}",
    "indexed-text": "{{ ''[5] }}",
    "missing-key": "{{ {}['x'] }}",
    "type": "{{ 1 + 'a' }}",
    "attribute": "{{ messages.append.__globals__ }}",
    "unpacking": "{% for a, b in [1] %}{% endfor %}",
    "deep-parentheses": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "deep-blocks": "{% if 1 %}" * 500 + "{% endif %}" * 500,
    "many-loops": "{% for a in [1] %}" * 60 + "{% endfor %}" * 60,
    "unclosed": "{% for a in messages %}",
    "unknown-filter": "{{ 'a' | system }}",
    "include": "{% include '/etc/passwd' %}",
    "sort": "{{ [1, 'a'] | sort }}",
    "batch": "{{ [1] | batch(10 ** 9, 'x') | list }}",
    "long-number": "{{ " + "9" * 6000 + " }}",
    "tojson": "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns | tojson }}",
    "whole-numbers": "{{ (10 ** 4000) ** 4000 }}",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_template_is_refused_soon(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    render(template_renderer.renderer, "warm")  # so that the limit of a process that has answered before holds
    began_s = time.monotonic()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(template_renderer, "RENDER_S", 0.4)
            template = ChatTemplate(HOSTILE[name] + BODY, today=TODAY)
    except ModelInvalid as error:
        assert "The chat template of the language model" in error.message  # noqa: PT017 - some of them are harmless here
    else:
        template.render([HELLO])
    assert time.monotonic() - began_s < 3 * LONGEST_S  # up to three trials, each with a limit


def test_the_first_template_of_a_process_has_a_limit_of_processor_time(renderer: Renderer) -> None:
    began_s = time.monotonic()
    with pytest.raises(TemplateRanAwayError, match="too much time"):
        render(renderer, HOSTILE["whole-numbers"])
    assert time.monotonic() - began_s < 3 * LONGEST_S


def test_limits_hold_for_a_template_that_is_good_until_later() -> None:
    late = "{% if messages | length > 4 %}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{% endif %}"
    template = ChatTemplate(late + CHATML, today=TODAY)
    assert template.render([HELLO])
    began_s = time.monotonic()
    with pytest.raises(ModelInvalid, match="takes too"):
        template.render([HELLO, ChatMessage(role="assistant", content="x")] * 3)
    assert time.monotonic() - began_s < LONGEST_S
    assert template.render([HELLO]), "it is there again"


@pytest.mark.parametrize(
    "mark", ["\ue0007\ue001", "\ue000999999\ue001", "\ue000" + "9" * 5000 + "\ue001", "\ue000\u0667\ue001"]
)
def test_a_template_cannot_ask_for_messages_that_are_not_there(mark: str) -> None:
    template = ChatTemplate("{% if messages | length == 1 %}" + mark + "{% endif %}" + CHATML, today=TODAY)
    with_it = [HELLO]
    try:
        parts = template.render(with_it)
    except ModelInvalid:
        return
    assert [part.text for part in parts if part.content] == ["Hello!"]


def test_what_is_said_never_reaches_the_process_of_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Spy(Renderer):
        def render(self, source: str, messages: list[dict[str, object]], **rest: object) -> str:
            sent.extend(str(message["content"]) for message in messages)
            return super().render(source, messages, **rest)  # type: ignore[arg-type] # as they came

    spy = Spy()
    monkeypatch.setattr(chat_template, "renderer", spy)
    try:
        ChatTemplate(CHATML, today=TODAY).render([ChatMessage(role="user", content="My secret")])
    finally:
        spy.close()
    assert sent
    assert not [text for text in sent if "secret" in text]


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = Renderer()
    yield made
    made.close()


def render(renderer: Renderer, source: str) -> str:
    return renderer.render(source, [{"role": "user", "content": "x"}], bos="", eos="", today="2026-03-09", opening=True)


@pytest.mark.skipif(os.name != "posix", reason="ends a process with a signal")
def test_a_process_that_somebody_ended_is_started_again(renderer: Renderer) -> None:
    assert render(renderer, "a") == "a"
    child = renderer._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert render(renderer, "b") == "b"


def test_a_process_that_was_begun_is_the_one_that_renders(renderer: Renderer) -> None:
    renderer.begin()
    child = renderer._child
    assert child is not None
    renderer.begin()
    assert render(renderer, "a") == "a"
    assert renderer._child is child


def test_a_template_that_is_too_long_is_not_even_sent(renderer: Renderer) -> None:
    with pytest.raises(TemplateFailedError, match="too long"):
        render(renderer, "x" * 1_000_001)
    assert renderer._child is None


def test_a_text_that_is_too_long_is_refused(renderer: Renderer) -> None:
    with pytest.raises(TemplateFailedError):
        render(renderer, "{% for i in range(300) %}{{ 'a' * 99999 }}{% endfor %}")
    assert render(renderer, "{{ messages[0].content }}\ud800") == "x\ud800"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_outlives_a_program_that_is_killed() -> None:
    script = """
import os, signal
from voicecli.engines.template_renderer import renderer
renderer.render("a", [], bos="", eos="", today="2026-03-09", opening=True)
print(renderer._child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL
    place = Path(f"/proc/{int(ran.stdout)}/stat")
    until_s = time.monotonic() + LONGEST_S
    while place.exists() and place.read_text().split(") ")[1][0] != "Z":
        assert time.monotonic() < until_s, "it is still there"
        time.sleep(0.02)
