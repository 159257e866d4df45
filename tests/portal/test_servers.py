"""Ports that tests and the demo give to servers which start a moment later."""

import socket

import pytest

from portal import servers


def test_port_is_never_one_that_the_system_gives_to_a_connection() -> None:
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first, last = map(int, file.read().split())

    assert not [port for port in (servers.free_port() for _ in range(200)) if first <= port <= last]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_port_in_use_is_not_given(kind: socket.SocketKind, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = servers.free_port()
    monkeypatch.setattr(servers, "_PORTS", range(taken, taken + 1))
    with socket.socket(type=kind) as holder:
        holder.bind(("127.0.0.1", taken))

        with pytest.raises(OSError, match="all are taken"):
            servers.free_port()
    assert servers.free_port() == taken
