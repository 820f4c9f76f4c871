"""What each kind of knob sends, as bytes, and the binding that fits it."""

from collections.abc import Iterable

import pytest

from likeness.inputs.midi.learn import PATIENCE_S, Learner, guess_encoding
from likeness.inputs.midi.messages import ControlMove, MoveReader
from likeness.parameters.midi_binding import Binding

PORT = ("a controller", 0)
# Between two messages of a knob that is turned.
APART_S = 0.01


def learn(
    messages: Iterable[list[int]], *, switch: bool = False, trigger: bool = False, silence_s: float = 2.0
) -> Binding | None:
    """Return what is found while the messages come, or in the silence after them."""
    learner, reader, now = Learner("a.x", switch=switch, trigger=trigger, now=0.0), MoveReader(), 0.0
    for message in messages:
        for move in reader.read(message):
            assert isinstance(move, ControlMove)
            learner.observe(PORT, move, now)
        found = learner.result(now)
        if found:
            return found[1]
        now += APART_S
    found = learner.result(now + silence_s)
    return found[1] if found else None


def turned(number: int, values: Iterable[int], channel: int = 1) -> list[list[int]]:
    return [[0xB0 + channel - 1, number, value] for value in values]


@pytest.mark.parametrize(
    "values", [range(40, 60), range(3, -1, -1), [0, 127], [60, 61, 60, 61, 60, 61], range(0, 128, 9)]
)
def test_a_knob_with_two_ends(values: Iterable[int]) -> None:
    assert learn(turned(21, values, 3)) == Binding("a.x", cc=21, channel=3)


def test_a_knob_that_was_brushed_once_is_waited_for() -> None:
    assert learn(turned(21, [5])) is None
    # While another one is clearly turned.
    assert learn([*turned(21, [5]), *turned(22, range(20))]) == Binding("a.x", cc=22, channel=1)


@pytest.mark.parametrize(
    ("values", "relative"),
    [
        ([1, 1, 1, 2, 1, 1, 127, 127, 126, 127], "twos"),
        ([127, 127, 127], "twos"),
        ([1, 1, 1], "twos"),
        ([65, 65, 66, 65, 63, 63, 62], "offset"),
        ([65, 65, 65], "offset"),
        ([63, 63, 63], "offset"),
        ([1, 1, 2, 1, 65, 65, 66, 65], "sign"),
        ([1] * 30 + [65] * 30, "sign"),
    ],
)
def test_an_endless_encoder_and_how_it_writes(values: list[int], relative: str) -> None:
    assert learn(turned(16, values)) == Binding("a.x", cc=16, channel=1, relative=relative)  # type: ignore[arg-type]


def test_numbers_that_are_no_encoders_are_none() -> None:
    assert guess_encoding([5]) is None
    assert guess_encoding([90, 90, 91, 91, 92]) is None


def test_a_knob_of_14_bits_sends_both_halves() -> None:
    halves = [
        message for value in range(4000, 4400, 30) for message in ([0xB0, 7, value >> 7], [0xB0, 39, value & 127])
    ]
    assert learn(halves) == Binding("a.x", cc=7, bits=14, channel=1)
    # And with the fine half first.
    swapped = [halves[at ^ 1] for at in range(len(halves))]
    assert learn(swapped) == Binding("a.x", cc=7, bits=14, channel=1)


@pytest.mark.parametrize("again", [True, False])
def test_an_nrpn_whether_or_not_it_is_chosen_anew_each_time(again: bool) -> None:
    choice = [[0xB0, 99, 2], [0xB0, 98, 44]]
    fine = [m for v in range(20) for m in (*(choice if again or v == 0 else []), [0xB0, 6, 64], [0xB0, 38, v])]
    assert learn(fine) == Binding("a.x", nrpn=300, channel=1)
    coarse = [m for v in range(20) for m in (*(choice if again or v == 0 else []), [0xB0, 6, v])]
    assert learn(coarse) == Binding("a.x", nrpn=300, bits=7, channel=1)
    stepped = [*choice, *([0xB0, 96, 0] for _ in range(6)), *([0xB0, 97, 0] for _ in range(6))]
    found = learn(stepped)
    assert found is not None
    assert found.nrpn == 300


def test_keys_wheels_and_buttons() -> None:
    assert learn([[0x99, 36, 100]]) == Binding("a.x", note=36, channel=10)
    assert learn([[0x89, 36, 0]]) is None
    assert learn([[0xE1, 0, 64]]) is None
    assert learn([[0xE1, 0, 64], [0xE1, 0, 70]]) == Binding("a.x", bend=True, channel=2)
    assert learn(turned(80, [127]), trigger=True) == Binding("a.x", cc=80, channel=1)


def test_a_button_that_springs_back_turns_a_switch_over_and_one_that_stays_down_sets_it() -> None:
    assert learn(turned(80, [127, 0]), switch=True) == Binding("a.x", cc=80, channel=1, press="toggle")
    assert learn(turned(80, [127]), switch=True) == Binding("a.x", cc=80, channel=1)
    assert learn(turned(80, [60, 61]), switch=True) == Binding("a.x", cc=80, channel=1)
    assert learn(turned(80, [127]), switch=True, silence_s=0.1) is None


def test_after_a_while_nobody_waits_any_more() -> None:
    learner = Learner("a.x", switch=False, trigger=False, now=10.0)
    assert not learner.expired(10.0 + PATIENCE_S)
    assert learner.expired(10.1 + PATIENCE_S)
