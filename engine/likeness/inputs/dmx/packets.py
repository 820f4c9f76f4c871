"""Datagrams of Art-Net and sACN to levels [Art-Net 4; ANSI E1.31-2018]."""

import struct
from dataclasses import dataclass

from likeness.errors import InputError

ARTNET_PORT, SACN_PORT = 6454, 5568
ARTNET_ID, OP_POLL, OP_DMX = b"Art-Net\0", 0x2000, 0x5000
# Below it Art-Net had another layout.
ARTNET_VERSION = 14
ACN_ID = b"\x00\x10\x00\x00ASC-E1.17\x00\x00\x00"
# Vectors of the three layers: levels of E1.31, a data packet, set property.
ROOT_DATA, FRAME_DATA, SET_PROPERTY = 4, 2, 2
PREVIEW, TERMINATED = 0x80, 0x40
# What E1.31 gives who does not choose, and what a source without priorities, such as Art-Net's, counts as here.
DEFAULT_PRIORITY, TOP_PRIORITY = 100, 200
MOST_CHANNELS = 512


@dataclass(frozen=True)
class Levels:
    """The levels of one universe from one source.

    Args:
        universe: its number.
        source: what the source is known by: a component's identifier, or an address.
        name: for people.
        priority: 0 to 200, the highest counts.
        sequence: of the packet, to leave out what comes late; None where the source does not count.
        levels: of the channels from 1 on.
        ended: whether the source says that it ends.
    """

    universe: int
    source: bytes
    name: str
    priority: int
    sequence: int | None
    levels: bytes
    ended: bool = False


def decode_artnet(datagram: bytes, host: str) -> Levels | None:
    """Return what a datagram of Art-Net from `host` says; None for what is no levels, such as a poll.

    Raises:
        InputError: it is no Art-Net, or cut off.
    """
    if operation_of(datagram) != OP_DMX:
        return None
    if len(datagram) < 18:
        raise InputError("an ArtDmx packet is cut off")
    version, sequence, _, low, net, length = struct.unpack_from(">HBBBBH", datagram, 10)
    if version < ARTNET_VERSION:
        raise InputError(f"Art-Net of version {version} is not read; it is {ARTNET_VERSION} since 2006")
    if not 1 <= length <= MOST_CHANNELS or len(datagram) < 18 + length or net > 127:
        raise InputError("an ArtDmx packet does not hold as many levels as it says")
    levels = datagram[18 : 18 + length]
    return Levels(net << 8 | low, host.encode(), host, DEFAULT_PRIORITY, sequence or None, levels)


def operation_of(datagram: bytes) -> int:
    """Return the operation code of a datagram of Art-Net.

    Raises:
        InputError: it is no Art-Net.
    """
    if not datagram.startswith(ARTNET_ID) or len(datagram) < 12:
        raise InputError("it is no Art-Net")
    return int.from_bytes(datagram[8:10], "little")


def decode_sacn(datagram: bytes, host: str) -> Levels | None:
    """Return what a datagram of sACN says; None for what is no levels to be played: sync, discovery, previews.

    Raises:
        InputError: it is no sACN, or cut off.
    """
    if datagram[:16] != ACN_ID or len(datagram) < 40:
        raise InputError("it is no sACN")
    (vector,) = struct.unpack_from(">I", datagram, 18)
    if vector != ROOT_DATA:
        return None
    if len(datagram) < 126:
        raise InputError("an E1.31 packet is cut off")
    (frame_vector,) = struct.unpack_from(">I", datagram, 40)
    priority, _, sequence, options, universe = struct.unpack_from(">BHBBH", datagram, 108)
    property_vector, kind, first, step, count = struct.unpack_from(">BBHHH", datagram, 117)
    if frame_vector != FRAME_DATA or property_vector != SET_PROPERTY or (kind, first, step) != (0xA1, 0, 1):
        raise InputError("an E1.31 packet has none of the layers that it should")
    if priority > TOP_PRIORITY or not 1 <= count <= MOST_CHANNELS + 1 or len(datagram) < 125 + count:
        raise InputError("an E1.31 packet does not hold as many levels as it says")
    # Another start code than 0 means that these are no levels.
    if datagram[125] != 0 or options & PREVIEW:
        return None
    name = datagram[44:108].split(b"\0", 1)[0].decode("utf-8", "replace")
    name = "".join(letter for letter in name if letter.isprintable())[:40]
    return Levels(
        universe,
        datagram[22:38],
        f"{name} ({host})" if name else host,
        priority,
        sequence,
        datagram[126 : 125 + count],
        bool(options & TERMINATED),
    )
