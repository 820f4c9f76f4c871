"""OSC datagrams to messages and back: bundles unfolded here, messages parsed by python-osc."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import OscMessageBuilder

from likeness.errors import InputError

BUNDLE = b"#bundle\x00"
# Seconds from the OSC epoch (1900) to the system's (1970) [OSC 1.0, "Time Tags"; RFC 868].
EPOCH_S = 2_208_988_800
# Deeper nesting than this is no music; without a bound a datagram of empty bundles ends in a RecursionError.
DEEPEST = 8
# What python-osc reads, and I. It logs a line for every other tag it meets, so a flood of them would fill the log.
# Blobs are left out: no parameter takes one, and one of negative size sends its parser back over the same bytes. So are
# colours, `r`: python-osc makes whole numbers of billions of them, which would set every float to its maximum.
TAGS = b",ihfdsmtTFNI[]"
# No parameter takes more than one argument and no command more than a few; python-osc copies the datagram for each.
MOST_ARGS = 64
# What a fader sends, one number each: nearly all traffic, read in a fifth of python-osc's time.
NUMBERS: Mapping[bytes, struct.Struct] = MappingProxyType(
    {b",f\0\0": struct.Struct(">f"), b",i\0\0": struct.Struct(">i"), b",d\0\0": struct.Struct(">d")}
)


class RefusedMessageError(InputError):
    """A message that is OSC and is not taken, so that its sender can be told.

    Args:
        address: as it was sent.
        why: what was wrong, and what to send instead.
    """

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"OSC: {why}")
        self.address = address


@dataclass(frozen=True)
class Message:
    """One OSC message.

    Args:
        address: starts with "/".
        args: as python-osc gives them.
        due: when to apply it, in seconds since 1970; 0 is at once.
    """

    address: str
    args: tuple[object, ...]
    due: float = 0.0


def decode(datagram: bytes) -> list[Message]:
    """Return the messages of a datagram, bundles unfolded, in the order in which they stand.

    A bundle inside another is never due before the outer one.

    Raises:
        InputError: where any part of it is not OSC; nothing of it should be applied then. A `RefusedMessageError`
            where a part is OSC and cannot be taken.
    """
    if not datagram.startswith(BUNDLE):
        return [_decode_message(datagram, 0.0)]
    return list(_unfold(datagram, 0.0, 1))


def is_number(datagram: bytes, end: int) -> bool:
    """Return whether a message whose address ends at `end` carries one number alone; cheaper than decoding it."""
    start = (end + 4) & ~3
    return datagram[start : start + 4] in NUMBERS


def encode(address: str, *args: float | int | bool | str) -> bytes:
    """Return a datagram with one message."""
    builder = OscMessageBuilder(address)
    for arg in args:
        builder.add_arg(arg)
    datagram: bytes = builder.build().dgram
    return datagram


def _unfold(bundle: bytes, due: float, depth: int) -> Iterator[Message]:
    # python-osc's own bundles are not used: an element of size -4 keeps its parser in a loop for ever.
    if depth > DEEPEST:
        raise InputError(f"OSC: bundles are nested more than {DEEPEST} deep; send them side by side")
    if len(bundle) < 16:
        raise InputError(f"OSC: a bundle of {len(bundle)} bytes has no time tag; the sender is broken")
    (tag,) = struct.unpack_from(">Q", bundle, 8)
    # 1 means "immediately" [OSC 1.0]; 0 is what careless senders write for it.
    if tag > 1:
        due = max(due, tag / 2**32 - EPOCH_S)
    at = 16
    while at < len(bundle):
        if at + 4 > len(bundle):
            raise InputError(f"OSC: a bundle ends within an element's size at byte {at}; the sender is broken")
        (size,) = struct.unpack_from(">i", bundle, at)
        at += 4
        if size <= 0 or at + size > len(bundle):
            raise InputError(f"OSC: an element of {size} bytes does not fit its bundle; the sender is broken")
        element = bundle[at : at + size]
        at += size
        if element.startswith(BUNDLE):
            yield from _unfold(element, due, depth + 1)
        else:
            yield _decode_message(element, due)


def _decode_message(datagram: bytes, due: float) -> Message:
    if not datagram.startswith(b"/"):
        address = _find_address(datagram)
        if address is not None:
            raise RefusedMessageError(address, f"the address {address!r} lacks its slash; send /{address}")
        raise InputError(f"OSC: a message starts with '/', not with {datagram[:12]!r}; is something else sent here?")
    # The tags begin at the next multiple of four after the zero that ends the address.
    end = datagram.find(b"\0")
    start = (end + 4) & ~3
    number = NUMBERS.get(datagram[start : start + 4])
    if number is not None and len(datagram) == start + 4 + number.size:
        return Message(decode_address(datagram[:end]), number.unpack_from(datagram, start + 4), due)
    tags = _slice_tags(datagram, start)
    unknown = tags.translate(None, TAGS)
    if unknown:
        raise RefusedMessageError(
            decode_address(datagram[:end]),
            f"arguments of type {unknown[:8].decode('ascii', 'replace')!r} are not read; send numbers, strings, true "
            "or false",
        )
    if len(tags) > MOST_ARGS + 1:
        raise RefusedMessageError(
            decode_address(datagram[:end]), f"a message carries at most {MOST_ARGS} arguments, not {len(tags) - 1}"
        )
    if b"I" in tags:
        # An impulse, the type OSCQuery gives to a press, carries no bytes either: Nil stands in for it.
        datagram = datagram[:start] + tags.replace(b"I", b"N") + datagram[start + len(tags) :]
    try:
        message = OscMessage(datagram)
    # UnicodeDecodeError, a ValueError, is what python-osc lets through for bytes that are no text.
    except (ParseError, ValueError) as error:
        raise InputError(f"OSC: a message that starts {datagram[:24]!r} is cut off or broken: {error}") from error
    return Message(message.address, tuple(message.params), due)


def _find_address(datagram: bytes) -> str | None:
    """Return the address of a message that lacks nothing but its slash; None for what is no OSC at all."""
    end = datagram.find(b"\0")
    text = datagram[:end].decode("ascii", "replace")
    is_message = end > 0 and len(datagram) % 4 == 0 and datagram[(end + 4) & ~3 :].startswith(b",")
    return text if is_message and text.isprintable() and text.isascii() else None


# A surface sends the same few addresses all night.
@lru_cache(maxsize=1024)
def decode_address(text: bytes) -> str:
    """Return an address as text.

    Raises:
        InputError: where it is not UTF-8.
    """
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"OSC: an address that starts {text[:24]!r} is no text: {error}") from error


def _slice_tags(datagram: bytes, start: int) -> bytes:
    """Return the type tags, which begin at `start`."""
    end = datagram.find(b"\0", start)
    return datagram[start:end] if end >= 0 else b""
