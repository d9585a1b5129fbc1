"""The filter of system calls, run on a model of the kernel's machine, for both architectures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voicecli.offline.seccomp import (
    ALLOW,
    ARCHITECTURES,
    IO_URING,
    PIDFD_GETFD,
    Architecture,
    Instruction,
    program,
    program_without_sockets,
)

I386 = 0x40000003
"""How the kernel calls the 32-bit convention, by which x86-64 programs can call it as well."""

UNIX, INET, NETLINK, INET6, PACKET, VSOCK = 1, 2, 16, 10, 17, 40

both = pytest.mark.parametrize("of", ARCHITECTURES.values(), ids=ARCHITECTURES)


def allowed(
    of: Architecture, number: int, first: int = 0, *, audit: int | None = None, lines: list[Instruction] | None = None
) -> bool:
    """Runs the filter on one system call."""
    data = {0: number, 4: of.audit if audit is None else audit, 16: first & 0xFFFFFFFF}
    lines, place, held = lines or program(of), 0, 0
    while True:
        code, if_true, if_false, operand = lines[place]
        place += 1
        match code:
            case 0x20:
                held = data[operand]
            case 0x15:
                place += if_true if held == operand else if_false
            case 0x35:
                place += if_true if held >= operand else if_false
            case _:
                return operand == ALLOW


@both
@pytest.mark.parametrize(
    ("family", "may"),
    [(UNIX, True), (NETLINK, True), (INET, False), (INET6, False), (PACKET, False), (VSOCK, False), (0, False)],
)
def test_only_sockets_that_end_on_this_machine_are_made(of: Architecture, family: int, may: bool) -> None:
    assert allowed(of, of.socket, family) is may


@both
def test_a_family_is_a_number_of_32_bits(of: Architecture) -> None:
    assert allowed(of, of.socket, (1 << 32) | UNIX)  # the kernel drops the upper half as well
    assert not allowed(of, of.socket, (1 << 32) | INET)


@both
def test_pairs_of_sockets_are_of_the_file_system(of: Architecture) -> None:
    assert allowed(of, of.socketpair, UNIX)
    assert not allowed(of, of.socketpair, INET)


@both
def test_there_is_no_way_around_it(of: Architecture) -> None:
    for number in (425, 426, 427, 438, of.process_vm_readv, of.process_vm_writev):
        assert not allowed(of, number)
    assert allowed(of, of.ptrace, 0)
    assert not allowed(of, of.ptrace, 16)


@both
def test_other_architectures_are_denied_everything(of: Architecture) -> None:
    for other in (I386, *(each.audit for each in ARCHITECTURES.values() if each is not of)):
        assert not allowed(of, of.socket, UNIX, audit=other)


def test_the_second_convention_of_x86_64_is_denied_everything() -> None:
    of = ARCHITECTURES["x86_64"]
    assert not allowed(of, 0x40000000 | of.socket, UNIX)


@both
def test_everything_else_is_allowed(of: Architecture) -> None:
    known = {of.socket, of.socketpair, of.ptrace, of.process_vm_readv, of.process_vm_writev, 425, 426, 427, 438}
    assert all(allowed(of, number) for number in range(470) if number not in known)


@both
def test_the_process_of_an_engine_opens_no_socket_at_all(of: Architecture) -> None:
    lines = program_without_sockets(of)
    for family in (UNIX, NETLINK, INET):
        assert not allowed(of, of.socket, family, lines=lines)
    assert not allowed(of, 3, audit=I386, lines=lines)
    assert all(allowed(of, number, lines=lines) for number in range(470) if number != of.socket)


NUMBERS = {
    "x86_64": {
        "socket": 41,
        "socketpair": 53,
        "ptrace": 101,
        "seccomp": 317,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
    },
    "aarch64": {
        "socket": 198,
        "socketpair": 199,
        "ptrace": 117,
        "seccomp": 277,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
    },
}
"""From the kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl, and include/uapi/asm-generic/unistd.h, which arm64 uses."""

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_numbers_are_those_of_the_kernel(machine: str) -> None:
    of = ARCHITECTURES[machine]
    assert {name: getattr(of, name) for name in NUMBERS[machine]} == NUMBERS[machine]
    assert (
        of.audit == {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    )  # EM_X86_64 and EM_AARCH64, 64 bits, little-endian
    if not HEADERS[machine].exists():
        return  # no headers of the kernel here, which compilers bring
    text = HEADERS[machine].read_text(encoding="utf-8")
    found = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)", text)}
    shared = dict(zip(("io_uring_setup", "io_uring_enter", "io_uring_register"), IO_URING, strict=True)) | {
        "pidfd_getfd": PIDFD_GETFD
    }
    for name, number in (NUMBERS[machine] | shared).items():
        assert found[name] == number, name
