"""A lighting desk: packets of Art-Net and sACN, as other implementations write them, over real UDP."""

import socket
import struct

# Written by the packages sacn 1.11 and from the field table of Art-Net 4: universe 7, levels 255, 128, 0 and 64.
SACN = bytes.fromhex(
    "001000004153432d45312e3137000000726e000000040102030405060708090a0b0c0d0e0f107258000000026465736b" + "00" * 60
    + "96000003000007720b02a100000001020100ff800040"
) + bytes(508)  # fmt: skip
ARTNET = bytes.fromhex("4172742d4e6574000050000e030007000004ff800040")


def sacn(
    levels: bytes, *, universe: int = 7, priority: int = 100, sequence: int = 0, source: int = 1, options: int = 0
) -> bytes:
    """Return a packet like SACN with these things changed."""
    packet = bytearray(SACN[:126])
    packet[22:38] = bytes([source] * 16)
    packet[108], packet[111], packet[112] = priority, sequence, options
    packet[113:115] = struct.pack(">H", universe)
    packet[123:125] = struct.pack(">H", len(levels) + 1)
    return bytes(packet) + levels


def artnet(levels: bytes, *, universe: int = 7, sequence: int = 0) -> bytes:
    """Return a packet like ARTNET with these things changed."""
    head = bytearray(ARTNET[:18])
    head[12], head[14], head[15] = sequence, universe & 255, universe >> 8
    head[16:18] = struct.pack(">H", len(levels))
    return bytes(head) + levels


class Desk:
    """Sends to a port of this machine."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._to = (host, port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))

    def send(self, packet: bytes) -> None:
        self.socket.sendto(packet, self._to)

    def close(self) -> None:
        self.socket.close()
