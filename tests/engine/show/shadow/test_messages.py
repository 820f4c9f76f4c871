"""Messages of a leader: what comes out is what went in, and nothing else comes through."""

import math

import pytest
import torch

from likeness.errors import InputError
from likeness.events import Note
from likeness.parameters.journal import Done, Posted, ValueSet
from likeness.show.clock import Tick
from likeness.show.shadow.messages import PRIVATE, RECALLED, SHOWN, LedFace, LedFrame, decode, encode_face, encode_frame


def test_a_frame_comes_through_to_the_last_digit() -> None:
    third = 1 / 3
    entries = (ValueSet("show.psi", third, 0.1), Posted(Note(60, third)), Done("morph", (["a", "b"], [{}, {}])))
    frame = LedFrame(Tick(3, third, math.pi), 59.94, math.e, 120.0 + 1e-9, entries, {"time": third})
    again = decode(encode_frame(frame))
    assert isinstance(again, LedFrame)
    # JSON knows lists alone.
    assert again.entries[:2] == entries[:2]
    assert (again.tick, again.fps, again.beat, again.tempo, again.standing) == (
        frame.tick,
        frame.fps,
        frame.beat,
        frame.tempo,
        frame.standing,
    )


def test_what_another_version_took_is_left_out_of_a_frame_that_is_played() -> None:
    frame = decode('{"frame": [1, 0.1, 0.1, 50, 0, 120], "entries": [5, ["show.psi", {}], ["show.psi", 1.0]]}')
    assert isinstance(frame, LedFrame)
    assert frame.entries == (ValueSet("show.psi", 1.0),)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
def test_a_face_comes_through_bit_by_bit(shape: tuple[int, ...]) -> None:
    face = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    again = decode(encode_face(RECALLED if len(shape) == 2 else SHOWN, 2**40, face))
    assert isinstance(again, LedFace)
    assert again.number == 2**40
    assert again.face is not None
    assert torch.equal(again.face, face)
    private = decode(encode_face(PRIVATE, 7, None))
    assert isinstance(private, LedFace)
    assert private.face is None


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "{}",
        '{"frame": [1, 2]}',
        '{"frame": [1, 0.1, NaN, 50, 0, 120]}',
        b"",
        encode_face(SHOWN, 1, torch.zeros(3, 4))[:-1],
        b"F" + bytes(8) + b"\xff" * 12,
        b"X" + bytes(20),
    ],
)
def test_what_is_no_message_is_refused(message: str | bytes) -> None:
    with pytest.raises(InputError):
        decode(message)
