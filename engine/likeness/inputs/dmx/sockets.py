"""The UDP sockets of Art-Net and sACN."""

import ipaddress
import logging
import socket
import sys
from collections.abc import Iterable

import ifaddr

from likeness.errors import InputError

log = logging.getLogger(__name__)

ANY = "0.0.0.0"  # noqa: S104 - what is asked for by that name


def bind_dmx(host: str, port: int, option: str) -> socket.socket:
    """Return a non-blocking socket that listens on `port` of the interface `host`.

    Raises:
        InputError: where the port is taken or the host is not an address of this machine.
    """
    try:
        ipaddress.IPv4Address(host)
    except ValueError as error:
        raise InputError(
            f"--dmx {host!r:.80} is no IPv4 address of this machine; give one, or 0.0.0.0 for all of them"
        ) from error
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise InputError(
            f"DMX: port {port} on {host} cannot be opened ({error}); close the program that has it, or choose another "
            f"with {option}"
        ) from error
    sock.setblocking(False)
    return sock


def join_universes(unicast: socket.socket, host: str, universes: Iterable[int]) -> list[socket.socket]:
    """Have sACN's groups of these universes delivered, at the interface `host`; return further sockets for that.

    Where a group cannot be joined, the log says so, and unicast works all the same.
    """
    port, further = unicast.getsockname()[1], []
    interfaces = [host] if host != ANY else _own_addresses()
    for universe in universes:
        group = f"239.255.{universe >> 8}.{universe & 255}"
        sock = unicast
        try:
            # A socket that is bound to one address gets no group's packets, except on Windows.
            if host != ANY and sys.platform != "win32":
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                further.append(sock)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((group, port))
                sock.setblocking(False)
            for interface in interfaces:
                member = socket.inet_aton(group) + socket.inet_aton(interface)
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        except OSError as error:
            log.warning("sACN: multicast of universe %d is not heard: %s", universe, error)
    return further


def _own_addresses() -> list[str]:
    return [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
