"""Bytes as the MIDI 1.0 tables have them, written out by hand."""

import pytest

from likeness.errors import InputError
from likeness.inputs.midi.messages import ControlMove, MoveReader, Program, count_clicks
from likeness.parameters.midi_binding import Control


def read(*messages: list[int]) -> list[ControlMove | Program]:
    reader = MoveReader()
    return [move for message in messages for move in reader.read(message)]


def last(kind: str, moves: list[ControlMove | Program]) -> ControlMove:
    return [move for move in moves if isinstance(move, ControlMove) and move.control.kind == kind][-1]


def wholes(kind: str, moves: list[ControlMove | Program]) -> list[int]:
    return [move.raw for move in moves if isinstance(move, ControlMove) and move.control.kind == kind]


def test_the_fine_half_after_the_coarse_one_makes_a_knob_of_14_bits() -> None:
    moves = read([0xB2, 7, 100], [0xB2, 39, 5])
    assert last("cc14", moves) == ControlMove(Control("cc14", 7), 3, 100 * 128 + 5)
    # The coarse one need not come again where it stays [MIDI 1.0].
    assert last("cc14", read([0xB0, 7, 1], [0xB0, 39, 5], [0xB0, 39, 6])).raw == 134


# The control change, and what chooses it and its halves' numbers as an NRPN.
KINDS = [("cc14", [], 7, 39), ("nrpn14", [[0xB0, 99, 2], [0xB0, 98, 44]], 6, 38)]


@pytest.mark.parametrize(("kind", "choice", "coarse", "fine"), KINDS)
def test_the_coarse_half_counts_at_once_with_the_fine_half_just_before_it_or_0(
    kind: str, choice: list[list[int]], coarse: int, fine: int
) -> None:
    assert wholes(kind, read(*choice, [0xB0, coarse, 100])) == [100 << 7]
    # Thrown to the top by a sender whose fine half comes first.
    assert wholes(kind, read(*choice, [0xB0, fine, 127], [0xB0, coarse, 127])) == [16383]
    thrown = read(*choice, [0xB0, fine, 0], [0xB0, coarse, 0], [0xB0, fine, 127], [0xB0, coarse, 127])
    assert wholes(kind, thrown)[-1] == 16383
    # The fine half need not come again where it stays.
    assert wholes(kind, read(*choice, [0xB0, coarse, 64], [0xB0, fine, 100], [0xB0, coarse, 65]))[-1] == 65 << 7 | 100


@pytest.mark.parametrize(("kind", "choice", "coarse", "fine"), KINDS)
def test_a_coarse_half_after_a_pause_is_a_new_value_whose_fine_half_is_0(
    kind: str, choice: list[list[int]], coarse: int, fine: int
) -> None:
    reader = MoveReader()
    for message in (*choice, [0xB0, coarse, 64], [0xB0, fine, 100]):
        reader.read(message, 1.0)
    assert wholes(kind, reader.read([0xB0, coarse, 0], 2.0)) == [0]
    assert wholes(kind, reader.read([0xB0, fine, 3], 2.0)) == [3]


def test_halves_of_two_nrpns_do_not_mix() -> None:
    moves = read(
        *([0xB0, 99, 2], [0xB0, 98, 44], [0xB0, 6, 64], [0xB0, 38, 9]),
        *([0xB0, 98, 45], [0xB0, 38, 5], [0xB0, 6, 1], [0xB0, 38, 6]),
    )
    assert wholes("nrpn14", moves) == [64 << 7, 64 << 7 | 9, 1 << 7 | 5, 1 << 7 | 6]


def test_an_nrpn_is_stepped_by_increment_and_decrement_whatever_their_value() -> None:
    moves = read([0xB0, 99, 2], [0xB0, 98, 44], [0xB0, 96, 0], [0xB0, 97, 127])
    for kind in ("nrpn", "nrpn14"):
        assert [m.clicks for m in moves if isinstance(m, ControlMove) and m.control.kind == kind] == [1, -1]
    assert not [m for m in read([0xB0, 96, 1]) if isinstance(m, ControlMove) and m.clicks]


def test_halves_of_two_channels_do_not_mix() -> None:
    assert last("cc14", read([0xB0, 7, 1], [0xB1, 7, 2], [0xB0, 39, 0])).raw == 128


def test_an_nrpn_is_chosen_once_and_set_in_halves() -> None:
    moves = read([0xB0, 99, 2], [0xB0, 98, 44], [0xB0, 6, 64], [0xB0, 38, 1], [0xB0, 38, 2])
    assert last("nrpn", moves) == ControlMove(Control("nrpn", 300), 1, 64)
    assert last("nrpn14", moves) == ControlMove(Control("nrpn14", 300), 1, 64 * 128 + 2)


def test_data_that_belongs_to_an_rpn_or_to_nothing_is_no_nrpn() -> None:
    for choice in ([[0xB0, 101, 0], [0xB0, 100, 0]], [[0xB0, 99, 127], [0xB0, 98, 127]]):
        moves = read([0xB0, 99, 2], [0xB0, 98, 44], *choice, [0xB0, 6, 64])
        assert not [m for m in moves if isinstance(m, ControlMove) and m.control.kind.startswith("nrpn")]


@pytest.mark.parametrize(("low", "high", "u"), [(0, 0, 0.0), (0, 64, 0.5), (127, 127, 1.0), (0, 32, 0.25)])
def test_the_wheel_is_in_the_middle_at_rest_and_reaches_both_ends(low: int, high: int, u: float) -> None:
    (move,) = read([0xE0, low, high])
    assert isinstance(move, ControlMove)
    assert move.u == u


def test_notes_and_programs() -> None:
    assert read([0x91, 60, 127], [0x91, 60, 0], [0x81, 60, 99], [0xC4, 9]) == [
        ControlMove(Control("note", 60), 2, 127),
        ControlMove(Control("note", 60), 2, 0),
        ControlMove(Control("note", 60), 2, 0),
        Program(9, 5),
    ]


def test_bytes_that_are_no_midi_are_refused() -> None:
    with pytest.raises(InputError):
        read([0xB0, 200, 1])


@pytest.mark.parametrize(
    ("encoding", "right", "left"),
    [("twos", (1, 3), (127, 125)), ("offset", (65, 67), (63, 61)), ("sign", (1, 3), (65, 67))],
)
def test_the_three_usual_encodings_of_encoders(encoding: str, right: tuple[int, int], left: tuple[int, int]) -> None:
    assert [count_clicks(encoding, value) for value in (*right, *left)] == [1, 3, -1, -3]  # type: ignore[arg-type]
