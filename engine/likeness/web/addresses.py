"""Addresses: what a Host header names, and where other machines find this one."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr

Address = IPv4Address | IPv6Address

# Only these characters make a host that a browser sends; what else comes is an attack or a mistake.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?", re.ASCII)
LOCALHOST = "localhost"
# Bridges of containers and virtual machines are private too, and no tablet is on them.
_NO_NETWORKS = ("docker", "br-", "veth", "virbr", "vmnet", "lo")
# Kept for documentation [RFC 5737]: nobody has it, and connecting a datagram socket to it sends nothing.
_ELSEWHERE = ("192.0.2.1", 9)


@dataclass(frozen=True)
class Host:
    """A host and a port, as a Host or an Origin header names them.

    Args:
        name: lower case, without a trailing dot; an address where it is one.
        port: None where none is named.
    """

    name: str | Address
    port: int | None

    @property
    def loopback(self) -> bool:
        """Whether it can only mean the machine that asks."""
        return self.name == LOCALHOST if isinstance(self.name, str) else self.name.is_loopback


def parse_host(text: str) -> Host | None:
    """Return what `text` names, such as `[::1]:9001` or `Stage.local.`; None where it is no host."""
    parts = _HOST.fullmatch(text)
    if parts is None:
        return None
    name, port = parts[1], None if parts[2] is None else int(parts[2])
    if port is not None and not 0 < port < 65536:
        return None
    literal = parse_address(name.strip("[]"))
    if literal is not None:
        # An IPv6 address stands in brackets and an IPv4 address does not.
        return Host(literal, port) if (name[0] == "[") == (literal.version == 6) else None
    if name[0] == "[":
        return None
    name = name.lower().removesuffix(".")
    # What ends in a number is read as an address by browsers: 127.1, 0x7f000001.
    if not name or ".." in name or name[0] == "." or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]):
        return None
    return Host(name, port)


def parse_address(text: str) -> Address | None:
    """Return the IP address in `text`, without its zone; an IPv4 address that came over IPv6 as what it is."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def own_names() -> frozenset[str]:
    """Return the names under which this machine is found in its network, lower case."""
    name = socket.gethostname().lower().removesuffix(".")
    return frozenset((name, name if name.endswith(".local") else f"{name}.local"))


def is_this_machine(name: str) -> bool:
    """Return whether a host's name or address is this machine's own; asks the resolver, which may take seconds."""
    try:
        found = socket.getaddrinfo(name, 0, type=socket.SOCK_DGRAM)
    # No such name, or one that is no name at all.
    except (OSError, UnicodeError):
        return False
    for family, kind, _, _, address in found:
        with socket.socket(family, kind) as probe:
            # Only an own address can be bound to; nothing is sent.
            try:
                probe.bind(address)
            except OSError:
                continue
            return True
    return False


def lan_address() -> str:
    """Return this machine's address in its network, without sending anything; 127.0.0.1 where it is in none.

    That is the address from which the way out leads, if it is a private one, else the first private one.
    """
    return choose_address(_address_of_the_way_out(), _addresses_of_adapters())


def choose_address(way_out: str | None, others: Iterable[str]) -> str:
    """Return the address that a tablet most likely reaches.

    Args:
        way_out: from which other networks are reached, if they are.
        others: of this machine's adapters.
    """
    found = [address for text in (way_out, *others) if text and isinstance(address := parse_address(text), IPv4Address)]
    there = [address for address in found if not address.is_loopback and not address.is_unspecified]
    # An address that a machine gave itself is the last choice: a cable straight to a laptop has no other.
    there.sort(key=lambda address: (address.is_link_local, not address.is_private))
    return str(there[0]) if there else "127.0.0.1"


def _address_of_the_way_out() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _addresses_of_adapters() -> list[str]:
    adapters = (adapter for adapter in ifaddr.get_adapters() if not adapter.name.startswith(_NO_NETWORKS))
    return [ip.ip for adapter in adapters for ip in adapter.ips if isinstance(ip.ip, str)]
