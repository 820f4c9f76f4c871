"""Channels out to other programs: the VMC protocol, which is OSC with ARKit's names.

[protocol.vmc.info]: `/VMC/Ext/Blend/Val NAME VALUE` for each channel, then `/VMC/Ext/Blend/Apply`; the head's turn is
`/VMC/Ext/Bone/Pos "Head" x y z qx qy qz qw`, and `/VMC/Ext/OK 1` says that a face is there. VSeeFace, Warudo, VNyan,
VMagicMirror, Blender's and Unreal's receivers read it; usual port 39539.
"""

import ipaddress
import logging
import math
import socket
import struct
from collections.abc import Mapping

from likeness.errors import InputError
from likeness.errors.fault_log import Faults
from likeness.inputs.osc.packet import encode
from likeness.toolkit.puppet.expression import FACE_CHANNELS, HEAD_RANGES

log = logging.getLogger(__name__)

USUAL_PORT = 39539
BUNDLE = b"#bundle\0" + (1).to_bytes(8, "big")  # the time tag 1: at once
# Within one packet of Ethernet, so that none is cut.
MOST_BYTES = 1400


def parse_receiver(text: str) -> tuple[str, int]:
    """Return address and port of "127.0.0.1:39539", "localhost:39539", "[::1]:39539", or of an address alone.

    A name that would have to be looked up is refused: that may take seconds.

    Raises:
        InputError: it is none of these.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or (host.count(":") and not host.endswith("]")):
        host, port = text.strip(), str(USUAL_PORT)
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        number = int(port)
        ipaddress.ip_address(host)
    except ValueError:
        number = 0
    if not 1 <= number <= 65535:
        raise InputError(f"{text!r} is no address to send to; give one such as 127.0.0.1:{USUAL_PORT}")
    return host, number


class VmcSender:
    """Sends channels over UDP, each frame, to one receiver. The render thread; sending never waits.

    Raises:
        InputError: `receiver` is no address.
    """

    def __init__(self, receiver: str) -> None:
        self._to = parse_receiver(receiver)
        family = socket.AF_INET6 if ":" in self._to[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._faults = Faults(log)
        # All but the number, which comes last.
        self._begins = {name: encode("/VMC/Ext/Blend/Val", name, 0.0)[:-4] for name in FACE_CHANNELS}

    def send(self, channels: Mapping[str, float], present: bool) -> None:
        """Send the channels of a frame; a receiver that is not there is logged now and then.

        Args:
            channels: by ARKit's names and those of the head.
            present: whether a face leads.
        """
        messages = [encode("/VMC/Ext/OK", int(present))]
        messages += [begin + struct.pack(">f", channels.get(name, 0.0)) for name, begin in self._begins.items()]
        messages += [encode("/VMC/Ext/Blend/Apply"), encode("/VMC/Ext/Bone/Pos", "Head", *_head_turn(channels))]
        try:
            for datagram in _pack(messages):
                self._socket.sendto(datagram, self._to)
        except OSError as error:
            # No route, or a port that nobody listens on: what is sent next may arrive.
            self._faults.warn("send", f"puppet: {self._to[0]}:{self._to[1]} takes nothing ({error.strerror})")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _head_turn(channels: Mapping[str, float]) -> tuple[float, ...]:
    """Return place and quaternion of the head, as Unity counts: left-handed, y up, the face looking along z."""
    yaw, pitch, roll = (
        channels.get(name, 0.0) * HEAD_RANGES[name] / 2 for name in ("headYaw", "headPitch", "headRoll")
    )
    # To the picture's right is to the person's own left, which is a turn about y by less than nothing.
    cy, sy, cp, sp, cr, sr = *_both(-yaw), *_both(-pitch), *_both(roll)
    # About z, then x, then y, in Unity's order.
    x, y = cy * sp * cr + sy * cp * sr, sy * cp * cr - cy * sp * sr
    z, w = cy * cp * sr - sy * sp * cr, cy * cp * cr + sy * sp * sr
    return 0.0, 0.0, 0.0, x, y, z, w


def _both(angle: float) -> tuple[float, float]:
    return math.cos(angle), math.sin(angle)


def _pack(messages: list[bytes]) -> list[bytes]:
    """Return the messages in bundles, in their order, each within a packet."""
    bundles = [BUNDLE]
    for message in messages:
        part = len(message).to_bytes(4, "big") + message
        if len(bundles[-1]) + len(part) > MOST_BYTES:
            bundles.append(BUNDLE)
        bundles[-1] += part
    return bundles
