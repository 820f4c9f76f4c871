"""Datagrams packed by hand after the OSC 1.0 specification, and datagrams that are none."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from likeness.errors import InputError
from likeness.inputs.osc.packet import DEEPEST, MOST_ARGS, Message, RefusedMessageError, decode, encode

AT_ONCE = 1
SPEED = b"/walk/speed\0" + b",f\0\0" + struct.pack(">f", 0.25)


def bundle(tag: int, *elements: bytes) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


def test_a_message_packed_by_hand_is_read() -> None:
    assert decode(SPEED) == [Message("/walk/speed", (0.25,))]


def test_an_encoded_message_has_the_bytes_of_the_specification() -> None:
    assert encode("/walk/speed", 0.25) == SPEED
    assert encode("/e", "no", 3, True) == b"/e\0\0,siT\0\0\0\0no\0\0" + struct.pack(">i", 3)


@given(
    address=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40).map(lambda text: f"/{text}"),
    number=st.floats(width=32) | st.integers(-(2**31), 2**31 - 1),
    kind=st.sampled_from("fid"),
)
@settings(max_examples=300, deadline=None)
def test_one_number_is_read_as_python_osc_reads_it(address: str, number: float, kind: str) -> None:
    if kind == "i" and isinstance(number, float):
        return
    builder = OscMessageBuilder(address)
    builder.add_arg(number, kind)
    datagram = builder.build().dgram
    (message,) = decode(datagram)
    theirs = OscMessage(datagram)
    assert message.address == theirs.address == address
    assert repr(message.args) == repr(tuple(theirs.params))


def test_a_message_without_type_tags_has_no_arguments() -> None:
    assert decode(b"/walk/jump\0\0") == [Message("/walk/jump", ())]


def test_an_impulse_and_a_nil_carry_no_value() -> None:
    assert decode(b"/walk/jump\0\0,I\0\0") == [Message("/walk/jump", (None,))]
    assert decode(b"/,I/walk\0\0\0\0,IN\0") == [Message("/,I/walk", (None, None))]


def test_a_time_tag_counts_from_1900_with_32_bits_of_fraction() -> None:
    # RFC 868: 2,208,988,800 is 00:00 on 1 January 1970.
    tag = ((2_208_988_800 + 1_700_000_000) << 32) | (1 << 31)
    assert decode(bundle(tag, SPEED)) == [Message("/walk/speed", (0.25,), due=1_700_000_000.5)]


@pytest.mark.parametrize("tag", [0, 1])
def test_tags_that_mean_at_once_are_due_at_zero(tag: int) -> None:
    assert [m.due for m in decode(bundle(tag, SPEED))] == [0.0]


def test_an_inner_bundle_is_never_due_before_the_outer_one() -> None:
    early, late = (2_208_988_800 + 100) << 32, (2_208_988_800 + 200) << 32
    nested = bundle(late, bundle(AT_ONCE, SPEED), bundle(early, SPEED), SPEED)
    assert [m.due for m in decode(nested)] == [200.0, 200.0, 200.0]
    assert [m.due for m in decode(bundle(early, bundle(late, SPEED), SPEED))] == [200.0, 100.0]


def test_an_empty_bundle_has_no_messages() -> None:
    assert decode(bundle(AT_ONCE)) == []


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"#bundle\0",
        b"#bundle\0\0\0\0\0\0\0\0\1\0\0",
        bundle(AT_ONCE) + struct.pack(">i", -4),
        bundle(AT_ONCE) + struct.pack(">i", 0),
        bundle(AT_ONCE) + struct.pack(">i", 400) + SPEED,
        bundle(AT_ONCE, b"walk"),
        b"/walk\0\0\0,i\0\0\0\0",
        b"/walk\0\0\0,s\0\0no end",
        b"/\xff\xfe\0,i\0\0\0\0\0\1",
        b"/walk\0\0\0,b\0\0" + struct.pack(">i", -8),
        b"/walk\0\0\0,Q\0\0",
        b"/walk\0\0\0,[i\0\0\0\0\1",
    ],
)
def test_what_is_no_osc_is_refused_in_words_and_python_osc_logs_nothing(
    broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InputError, match="OSC"):
        decode(broken)
    assert not caplog.records


@pytest.mark.parametrize(
    ("datagram", "address", "why"),
    [
        (b"/walk\0\0\0,r\0\0\xff\x80\0\xff", "/walk", "'r' are not read"),
        (b"/walk\0\0\0,b\0\0\0\0\0\4abcd", "/walk", "'b' are not read"),
        (b"walk/speed\0\0,f\0\0\0\0\0\0", "walk/speed", "send /walk/speed"),
        (b"/e\0\0" + b",".ljust(MOST_ARGS + 2, b"T") + b"\0" * 2, "/e", "at most"),
    ],
)
def test_a_message_that_is_osc_and_is_not_taken_says_whose_it_was(datagram: bytes, address: str, why: str) -> None:
    for sent in (datagram, bundle(AT_ONCE, SPEED, datagram)):
        with pytest.raises(RefusedMessageError, match=why) as caught:
            decode(sent)
        assert caught.value.address == address


def test_bundles_nested_too_deep_are_refused() -> None:
    nested = SPEED
    for _ in range(DEEPEST):
        nested = bundle(AT_ONCE, nested)
    assert len(decode(nested)) == 1
    with pytest.raises(InputError, match="deep"):
        decode(bundle(AT_ONCE, nested))


def test_a_message_with_too_many_arguments_is_refused() -> None:
    most = b"/e\0\0" + b",".ljust(MOST_ARGS + 1, b"T") + b"\0" * 3
    assert len(decode(most)[0].args) == MOST_ARGS
    with pytest.raises(InputError, match="at most"):
        decode(b"/e\0\0" + b",".ljust(MOST_ARGS + 2, b"T") + b"\0" * 2)


@st.composite
def nearly_osc(draw: st.DrawFn) -> bytes:
    """A good datagram with some bytes changed and its end cut off."""
    datagram = bytearray(
        draw(st.sampled_from([SPEED, bundle(1, SPEED, bundle(9 << 60, SPEED)), encode("/a/b", "c", 1)]))
    )
    for at in draw(st.lists(st.integers(0, len(datagram) - 1), max_size=4)):
        datagram[at] = draw(st.integers(0, 255))
    return bytes(datagram[: draw(st.integers(0, len(datagram)))])


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"#bundle\0" + tail) | nearly_osc())
def test_any_bytes_end_in_messages_or_in_an_input_error(datagram: bytes) -> None:
    try:
        messages = decode(datagram)
    except InputError:
        return
    assert all(message.address.startswith("/") for message in messages)
