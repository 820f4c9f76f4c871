"""Tell the network by zeroconf that an OSCQuery server is here."""

import ipaddress
import logging
import socket
import threading

from zeroconf import Error, InterfaceChoice, IPVersion, ServiceInfo, Zeroconf

log = logging.getLogger(__name__)

# [OSCQuery proposal, "Zeroconf"]
SERVICE = "_oscjson._tcp.local."


class ZeroconfAnnouncement:
    """Announces a TCP port on a thread of its own, from `start` to `close`.

    Asking the network whether the name is free takes a second, for which no show waits.

    Args:
        name: what programs list.
        host: address that the server listens on; a loopback address is announced to this machine alone.
        port: of the server.
    """

    def __init__(self, name: str, host: str, port: int) -> None:
        self._name, self._host, self._port = name, host, port
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to announce. A network that does not allow it is told in the log, and the server stays."""
        self._thread = threading.Thread(target=self._run, name="zeroconf", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the announcement back. Safe to call twice."""
        if self._thread is None:
            return
        self._closing.set()
        self._thread.join()
        self._thread = None

    def _run(self) -> None:
        try:
            address = _address(self._host)
            loopback = ipaddress.ip_address(address).is_loopback
            zeroconf = Zeroconf(
                interfaces=[address] if loopback else InterfaceChoice.Default, ip_version=IPVersion.V4Only
            )
        except (OSError, Error) as error:
            log.warning("OSCQuery is not announced: %s", error)
            return
        try:
            info = ServiceInfo(
                SERVICE, f"{self._name}.{SERVICE}", port=self._port, parsed_addresses=[address], server=_server_name()
            )
            zeroconf.register_service(info, allow_name_change=True)
            self._closing.wait()
            zeroconf.unregister_service(info)
        except (OSError, Error) as error:
            log.warning("OSCQuery is not announced: %s", error)
        finally:
            zeroconf.close()


def _address(host: str) -> str:
    """Return the IPv4 address that a server on `host` can be reached at."""
    address = socket.gethostbyname(host)
    if not ipaddress.ip_address(address).is_unspecified:
        return address
    # Connecting UDP sends nothing: it asks the system which of its addresses others would see.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _server_name() -> str:
    return socket.gethostname().partition(".")[0] + ".local."
