"""The filter of system calls, run on a model of the kernel's machine, for both architectures."""

from __future__ import annotations

import pytest

from voicecli.offline.seccomp import ALLOW, ARCHITECTURES, Architecture, program

I386 = 0x40000003
"""How the kernel calls the 32-bit convention, by which x86-64 programs can call it as well."""

UNIX, INET, NETLINK, INET6, PACKET, VSOCK = 1, 2, 16, 10, 17, 40

both = pytest.mark.parametrize("of", ARCHITECTURES.values(), ids=ARCHITECTURES)


def allowed(of: Architecture, number: int, first: int = 0, *, audit: int | None = None) -> bool:
    """Runs the filter on one system call."""
    data = {0: number, 4: of.audit if audit is None else audit, 16: first & 0xFFFFFFFF}
    lines, place, held = program(of), 0, 0
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
