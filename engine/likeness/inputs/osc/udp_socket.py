"""The UDP socket that OSC comes in by, and replies go out by."""

import logging
import socket

from likeness.errors import InputError
from likeness.inputs.osc.rate_limit import Sender

log = logging.getLogger(__name__)

# 4 MB hold about 5,000 small datagrams, a second of a flood; the system may grant less.
RECEIVE_BUFFER_BYTES = 4 << 20
# The largest payload of a UDP datagram over IPv4 is 65,507 bytes.
DATAGRAM_BYTES = 65_536


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a non-blocking socket that listens on `port` of the interface `host`.

    Raises:
        InputError: where the port is taken or the host is not an address of this machine.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind, proto)
    # Of a host that cannot be a name, such as "../..", Python says UnicodeError.
    except (OSError, OverflowError, UnicodeError) as error:
        raise InputError(f"OSC: {host!r} is not an address to listen on ({error}); try --osc-host 127.0.0.1") from error
    try:
        sock.bind(address)
    except (OSError, OverflowError) as error:
        sock.close()
        raise InputError(
            f"OSC: port {port} on {host} cannot be opened ({error}); close the program that has it, "
            f"or choose another with --osc-port {port + 1 if port < 65_535 else 9000}"
        ) from error
    sock.setblocking(False)
    _widen(sock)
    return sock


def send(sock: socket.socket, datagram: bytes, to: Sender) -> None:
    """Send a datagram. Any thread; does nothing once the socket is closed."""
    try:
        sock.sendto(datagram, to)
    except OSError as error:
        # Whoever asked has gone, or the network is down: there is nobody to tell.
        log.debug("OSC: no reply to %s: %s", to, error)


def _widen(sock: socket.socket) -> None:
    """Ask for a large receive buffer: Linux grants what it can, macOS refuses what is too much."""
    size = RECEIVE_BUFFER_BYTES
    while size > DATAGRAM_BYTES:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        except OSError:
            size //= 2
        else:
            return
