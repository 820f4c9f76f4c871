"""Port of the desk's server: the wanted one, or the next that is free."""

import errno
import socket

from likeness.errors import InputError

# How many ports are tried, the wanted one among them.
NEXT_PORTS = 20


def bind_port(host: str, port: int, *, exact: bool = False) -> socket.socket:
    """Return a socket that listens at the interface `host`.

    Args:
        host: its address.
        port: where it is taken, the next free one is, unless `exact`. 0 takes any free one.
        exact: whether no other port will do.

    Raises:
        InputError: where no port is free or the host is not an address of this machine.
    """
    wanted = [port] if exact or not port else range(port, min(port + NEXT_PORTS, 65_536))
    for each in wanted:
        try:
            family, _, _, _, address = socket.getaddrinfo(host, each, type=socket.SOCK_STREAM)[0]
            return socket.create_server(address[:2], family=family)
        # A name that is none raises a TypeError.
        except (OSError, OverflowError, UnicodeError, TypeError) as error:
            number = getattr(error, "errno", None)
            if number == errno.EADDRINUSE and each != wanted[-1]:
                continue
            is_port = number in (errno.EADDRINUSE, errno.EACCES)
            port_hint = "close the program that has it, or choose another with --web-port"
            hint = port_hint if is_port else "try --web-host 127.0.0.1"
            raise InputError(f"the web server: port {each} on {host} cannot be opened ({error}); {hint}") from error
    raise AssertionError("the last port is opened or refused")
