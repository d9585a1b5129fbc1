"""The conclusions of a witness from what it observed."""

from __future__ import annotations

from voicecli.offline.network_observer import counted, in_trace

QUIET = """\
812   socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 7
812   connect(7, {sa_family=AF_UNIX, sun_path="/run/user/1000/pulse/native"}, 110) = 0
812   sendmsg(7, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="connect(AF_INET)", iov_len=20}], msg_iovlen=1}, 0) = 20
813   socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT) = 9
813   bind(9, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000002}, 12) = 0
814   <... connect resumed>)                  = 0
814   +++ exited with 0 +++
"""

LOUD = """\
812   socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = 7
813   connect(7, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)
813   connect(7, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, 16 <unfinished ...>
814   socket(AF_PACKET, SOCK_RAW, 768) = -1 EPERM (Operation not permitted)
815   io_uring_setup(8, {flags=0}) = 5
"""


def test_sockets_that_end_on_this_machine_are_no_attempts() -> None:
    assert list(in_trace(QUIET.splitlines())) == []


def test_every_other_socket_and_every_question_to_a_resolver_is_an_attempt() -> None:
    calls = [each.call for each in in_trace(LOUD.splitlines())]
    assert calls == ["socket", "connect", "connect", "socket", "io_uring_setup"]
    assert "10.0.0.2" in list(in_trace(LOUD.splitlines()))[2].target


def test_counters_of_the_kernel_are_read_by_name() -> None:
    text = "Tcp: RtoMin ActiveOpens\nTcp: 200 3\nUdp: InDatagrams OutDatagrams\nUdp: 0 7\nUdp6OutDatagrams        \t2\n"
    counters = counted(text)
    assert (counters["TcpActiveOpens"], counters["UdpOutDatagrams"], counters["Udp6OutDatagrams"]) == (3, 7, 2)
