"""A sound server on another machine is refused, however it is configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.program import run
from voicecli.errors import NetworkRefused
from voicecli.offline.sound_server import refuse_remote_sound_server


def refused(tmp_path: Path, **environ: str) -> str:
    """The message about a sound server; empty if the server is accepted."""
    try:
        refuse_remote_sound_server({"HOME": str(tmp_path), **environ}, tmp_path / "etc/client.conf", "linux")
    except NetworkRefused as error:
        return f"{error.message} {error.hint}"
    return ""


@pytest.mark.parametrize("server", ["tcp:192.0.2.1", "tcp6:[2001:db8::1]:4713", "desk", "desk:4713", "tcp:localhost"])
def test_a_server_behind_the_network_is_refused(server: str, tmp_path: Path) -> None:
    said = refused(tmp_path, PULSE_SERVER=server)
    assert server in said
    assert "unset PULSE_SERVER" in said
    assert server in refused(tmp_path, PULSE_SERVER=f"{{0123}}{server} unix:/run/p")


@pytest.mark.parametrize("server", ["", "unix:/run/user/1000/pulse/native", "/run/p", "{0123}unix:/run/p"])
def test_a_server_behind_a_file_is_fine(server: str, tmp_path: Path) -> None:
    assert refused(tmp_path, PULSE_SERVER=server) == ""


@pytest.mark.parametrize(
    "place", [".pulse/client.conf", ".config/pulse/client.conf", "etc/client.conf", "etc/client.conf.d/10-mine.conf"]
)
def test_configuration_files_are_read_where_libpulse_reads_them(place: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text("; default-server = tcp:no\n\tdefault-server = tcp:192.0.2.1 # desk\n", encoding="utf-8")
    said = refused(tmp_path)
    assert "tcp:192.0.2.1" in said
    assert str(file) in said
    assert refused(tmp_path, PULSE_SERVER="unix:/run/p") == ""  # goes before the files


def test_a_file_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("default-server=desk\n", encoding="utf-8")
    assert "desk" in refused(tmp_path, PULSE_CLIENTCONFIG=str(file))


def test_only_where_sound_passes_through_it(tmp_path: Path) -> None:
    refuse_remote_sound_server({"PULSE_SERVER": "tcp:desk"}, tmp_path, "darwin")


def test_a_command_that_needs_the_card_ends_with_a_sentence() -> None:
    result = run("devices", env={"PULSE_SERVER": "tcp:192.0.2.1"})
    assert result.returncode == 6
    assert "error: The sound server is reached through the network: PULSE_SERVER names tcp:192.0.2.1." in result.stderr
