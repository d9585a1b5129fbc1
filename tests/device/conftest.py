"""One virtual sound card for all tests of this folder. Before each test it is fresh and visible to PortAudio."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.display import display as new_display
from virtual_sound_card import NoSoundServer, VirtualSoundCard
from voicecli.audio.devices import restart_backend

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before that of all tests, which looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.device)


@pytest.fixture(scope="session")
def one_server() -> Iterator[VirtualSoundCard]:
    try:
        card = VirtualSoundCard()
    except NoSoundServer as error:
        pytest.fail(str(error))
    before = {name: os.environ.get(name) for name in card.environment}
    os.environ.update(card.environment)
    try:
        yield card
    finally:
        card.close()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture
def server(one_server: VirtualSoundCard) -> VirtualSoundCard:
    """The sound server. A test may kill it, and fail before it starts it again: the next one begins with one that runs."""
    if not one_server.running:
        one_server.start_server()
    return one_server


@pytest.fixture
def card(server: VirtualSoundCard) -> VirtualSoundCard:
    """The sound card. A test may kill its server; it is then started again."""
    restart_backend()
    return server


@pytest.fixture(scope="session")
def display() -> Iterator[dict[str, str]]:
    """The environment of a separate X server, without a window manager and without Wayland."""
    with new_display() as environment:
        yield environment
