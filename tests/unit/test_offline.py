from __future__ import annotations

import subprocess
import sys

import pytest

from fakes import forked

# An audit hook stays until the process ends, so every case has a process of its own. The addresses are of the blocks that
# are set aside for documentation (RFC 5737, RFC 3849): were the guard gone, nobody would be reached.
BEFORE = """
import socket
from voicecli.errors import NetworkRefused
from voicecli.offline import refuse_network, network_refused
import os
kinds = [(f, k) for f in (socket.AF_INET, socket.AF_INET6) for k in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
handed = {}
for each in kinds:
    try: handed[each] = socket.socket(*each)
    except OSError: handed[each] = handed[socket.AF_INET, each[1]]
refuse_network()
refuse_network()
def refused(action):
    try:
        action()
    except NetworkRefused as error:
        print("refused:", error.message)
        return True
    return False
def opened(family, kind):
    # As what a person consented to will come: opened elsewhere, and handed in.
    return socket.socket(fileno=os.dup(handed[family, kind].fileno()))
"""


def run(code: str) -> str:
    done = forked.run("code", BEFORE + code)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "attempt",
    [
        "opened(socket.AF_INET, socket.SOCK_STREAM).connect(('192.0.2.1', 443))",
        "opened(socket.AF_INET, socket.SOCK_STREAM).connect_ex(('192.0.2.1', 443))",
        "opened(socket.AF_INET6, socket.SOCK_STREAM).connect(('2001:db8::1', 443, 0, 0))",
        "opened(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "opened(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
        "opened(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 53))",
        "socket.socket()",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_INET6)",
        "socket.create_server(('127.0.0.1', 0))",
        "socket.socket().connect(('localhost', 80))",  # a proxy may listen there
        "socket.getaddrinfo('example.invalid', 443)",
        "socket.getaddrinfo(b'example.invalid', 443)",
        "socket.gethostbyname('example.invalid')",
        "socket.gethostbyaddr('192.0.2.1')",
        "socket.getnameinfo(('192.0.2.1', 80), 0)",
        "socket.create_connection(('localhost.example.invalid', 80))",
        "socket.create_connection(('127.0.0.1.example.invalid', 80))",
    ],
)
def test_another_machine_is_out_of_reach(attempt: str) -> None:
    assert "refused: something tried to " in run(f"assert refused(lambda: {attempt})")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.7.6", "localhost"])
def test_names_of_this_machine_may_be_looked_up(host: str) -> None:
    run(f"assert socket.getaddrinfo({host!r}, 80)\n")


def test_replacing_functions_and_tables_of_ours_does_not_switch_it_off() -> None:
    run(
        "from voicecli.offline import audit_hook\n"
        "import voicecli.errors\n"
        "kept = NetworkRefused\n"
        "for name in [name for name in vars(audit_hook) if not name.startswith('__')]:\n"
        "    setattr(audit_hook, name, lambda *_, **__: True)\n"
        "voicecli.errors.NetworkRefused = OSError\n"
        "try: socket.getaddrinfo('example.invalid', 443)\n"
        "except kept: pass\n"
        "else: raise SystemExit('through')\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sockets of the file system are a matter of Unix")
def test_sockets_of_the_file_system_stay_open() -> None:
    run(
        "import tempfile, os\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    path = os.path.join(folder, 's')\n"
        "    server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen()\n"
        "    client = socket.socket(socket.AF_UNIX); client.connect(path); client.sendmsg([b'x'])\n"
    )


def test_libraries_are_asked_not_to_try() -> None:
    said = run(
        "import os\nprint(*[os.environ[n] for n in ('HF_HUB_OFFLINE', 'HF_HUB_DISABLE_TELEMETRY', 'DO_NOT_TRACK')])"
    )
    assert said.split() == ["1", "1", "1"]


def test_the_guard_says_that_it_is_there() -> None:
    code = "from voicecli import offline; print(offline.network_refused()); offline.refuse_network(); print(offline.network_refused())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_the_refusal_gets_past_those_who_expect_network_errors() -> None:
    run(
        "def library():\n"
        "    try: socket.create_connection(('192.0.2.1', 443), timeout=1)\n"
        "    except OSError: pass\n"
        "assert refused(library)\n"
    )
