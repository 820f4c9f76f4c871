import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.inputs.dmx.desk import ARTNET, SACN, artnet, sacn

from likeness.errors import InputError
from likeness.inputs.dmx.packets import decode_artnet, decode_sacn


def test_a_packet_of_another_implementation_of_sacn_is_read() -> None:
    assert len(SACN) == 638
    read = decode_sacn(SACN, "10.0.0.5")
    assert read is not None
    assert (read.universe, read.priority, read.sequence, read.ended) == (7, 150, 3, False)
    assert read.source == bytes(range(1, 17))
    assert read.name == "desk (10.0.0.5)"
    assert read.levels == bytes([255, 128, 0, 64]) + bytes(508)


def test_a_packet_of_art_net_is_read_and_counts_by_its_address() -> None:
    read = decode_artnet(ARTNET, "10.0.0.5")
    assert read is not None
    assert (read.universe, read.priority, read.sequence, read.levels) == (7, 100, 3, bytes([255, 128, 0, 64]))
    assert read.source == b"10.0.0.5"
    # Net 3, sub-net 2, universe 1 [Art-Net 4, port address].
    third = decode_artnet(artnet(b"\1\2", universe=0x321), "h")
    assert third is not None
    assert third.universe == 3 * 256 + 2 * 16 + 1


def test_previews_and_other_start_codes_are_no_levels_and_the_end_of_a_stream_is_told() -> None:
    assert decode_sacn(sacn(b"\1", options=0x80), "h") is None
    assert decode_sacn(SACN[:125] + b"\xdd" + SACN[126:], "h") is None
    ended = decode_sacn(sacn(b"\1", options=0x40), "h")
    assert ended is not None
    assert ended.ended


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"Art-Net\0",
        ARTNET[:17],
        ARTNET[:-1],
        ARTNET[:11] + b"\x0d" + ARTNET[12:],
        ARTNET[:16] + b"\x02\x01" + bytes(513),
        ARTNET[:16] + b"\0\0",
        ARTNET[:15] + b"\xff" + ARTNET[16:],
        b"/master/brightness\0\0",
    ],
    ids=len,
)
def test_what_is_no_art_net_or_lies_about_its_length_is_refused(packet: bytes) -> None:
    with pytest.raises(InputError):
        decode_artnet(packet, "h")


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        SACN[:39],
        SACN[:125],
        SACN[:-1],
        b"\1" + SACN[1:],
        SACN[:108] + b"\xc9" + SACN[109:],
        SACN[:123] + b"\x02\x02" + SACN[125:] + b"\0",
        SACN[:123] + b"\0\0" + SACN[125:],
        SACN[:118] + b"\0" + SACN[119:],
    ],
    ids=len,
)
def test_what_is_no_sacn_or_lies_about_its_length_is_refused(packet: bytes) -> None:
    with pytest.raises(InputError):
        decode_sacn(packet, "h")


@given(st.binary(max_size=200), st.integers(0, 160), st.sampled_from([SACN, ARTNET]))
def test_no_bytes_do_more_than_be_refused(noise: bytes, at: int, packet: bytes) -> None:
    broken = packet[:at] + noise + packet[at + len(noise) :]
    for decode in (decode_artnet, decode_sacn):
        try:
            read = decode(broken, "h")
        except InputError:
            continue
        assert read is None or 0 <= len(read.levels) <= 512
