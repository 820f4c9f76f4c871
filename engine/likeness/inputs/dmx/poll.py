"""The answer to an ArtPoll, by which Art-Net's desks find who wants which universe [Art-Net 4, ArtPollReply]."""

import socket
import struct
from collections.abc import Iterable, Iterator
from itertools import groupby

from likeness.inputs.dmx.packets import ARTNET_ID, ARTNET_PORT

OP_POLL_REPLY = 0x2100
# Of a port: it puts out what came by Art-Net; and data is being put out.
PORT_TYPE, PORT_STATUS = 0x80, 0x80
# A reply tells of at most so many ports, all of one net and sub-net.
PORTS = 4
# Identifiers that mean no manufacturer of its own.
OEM_UNKNOWN, ESTA_UNKNOWN = 0x00FF, 0x7FF0
PORT_ADDRESSES = 1 << 15


def encode_poll_replies(address: str, universes: Iterable[int]) -> Iterator[bytes]:
    """Yield the replies that say, from `address`, which universes are wanted here."""
    wanted = sorted({universe for universe in universes if universe < PORT_ADDRESSES})
    index = 0
    for subnet, group in groupby(wanted, key=lambda universe: universe >> 4):
        ports = [universe & 15 for universe in group]
        for start in range(0, len(ports), PORTS):
            index += 1
            yield _encode(address, subnet, ports[start : start + PORTS], index)


def _encode(address: str, subnet: int, ports: list[int], index: int) -> bytes:
    own = socket.inet_aton(address)
    head = ARTNET_ID + struct.pack("<H", OP_POLL_REPLY) + own + struct.pack("<H", ARTNET_PORT)
    about = struct.pack(">HBBHBB", 1, subnet >> 4, subnet & 15, OEM_UNKNOWN, 0, 0) + struct.pack("<H", ESTA_UNKNOWN)
    texts = b"likeness".ljust(18, b"\0") + b"likeness, generative faces".ljust(64, b"\0") + bytes(64)
    some = len(ports)
    tables = (
        struct.pack(">H", some)
        + bytes([PORT_TYPE] * some).ljust(PORTS, b"\0")
        + bytes(PORTS)
        + bytes([PORT_STATUS] * some).ljust(PORTS, b"\0")
        + bytes(PORTS)
        + bytes(ports).ljust(PORTS, b"\0")
    )
    # Three switches and three spares, the style of a node, no MAC address, whom it is bound to, and 28 of status.
    return head + about + texts + tables + bytes(6) + bytes([0]) + bytes(6) + own + bytes([index]) + bytes(27)
