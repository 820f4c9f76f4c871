"""Announces an OSCQuery server to the network by zeroconf."""

import ipaddress
import logging
import socket

from zeroconf import Error, InterfaceChoice, IPVersion, ServiceInfo, Zeroconf

from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# [OSCQuery proposal, "Zeroconf"]
SERVICE = "_oscjson._tcp.local."


class ZeroconfAnnouncement:
    """Announces a TCP port on a thread of its own, from `start` to `close`.

    Asking the network whether the name is free takes a second, for which no show waits.

    Args:
        name: that programs list.
        host: address that the server listens on; a loopback address is announced on this machine alone.
        port: of the server.
    """

    def __init__(self, name: str, host: str, port: int) -> None:
        self._name, self._host, self._port = name, host, port
        self._thread = StoppableThread("zeroconf", self._run)

    def start(self) -> None:
        """Begin to announce. Where the network does not allow it, the log says so and the server goes on."""
        self._thread.start()

    def close(self) -> None:
        """Withdraw the announcement. Safe to call twice."""
        self._thread.close()

    def _run(self) -> None:
        try:
            address = _reachable_address(self._host)
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
            self._thread.stopping.wait()
            zeroconf.unregister_service(info)
        except (OSError, Error) as error:
            log.warning("OSCQuery is not announced: %s", error)
        finally:
            zeroconf.close()


def _reachable_address(host: str) -> str:
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
