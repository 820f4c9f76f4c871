import pytest

from likeness.errors import InputError
from likeness.inputs.dmx.packets import Levels
from likeness.inputs.dmx.universe import LOST_S, MOST_SOURCES, Universe
from likeness.parameters.dmx_binding import DmxBinding

FIRST = DmxBinding("a.x", universe=1, channel=1)
WIDE = DmxBinding("a.x", universe=1, channel=1, fine=2)


def levels(
    *values: int, source: str = "a", priority: int = 100, sequence: int | None = None, ended: bool = False
) -> Levels:
    return Levels(1, source.encode(), source, priority, sequence, bytes(values), ended)


def test_of_two_desks_the_higher_priority_counts_and_of_equal_ones_the_higher_level() -> None:
    universe = Universe()
    universe.take(levels(200, source="a", priority=90), 0.0)
    universe.take(levels(10, source="b", priority=120), 0.0)
    assert universe.read(FIRST) == 10
    universe.take(levels(30, source="c", priority=120), 0.0)
    assert universe.read(FIRST) == 30


def test_of_two_wide_channels_the_higher_value_counts_and_no_mixture_of_both() -> None:
    universe = Universe()
    universe.take(levels(1, 0, source="a"), 0.0)
    universe.take(levels(0, 255, source="b"), 0.0)
    assert universe.read(WIDE) == 256


def test_a_desk_that_is_lost_no_longer_counts_and_without_another_there_is_nothing_to_play() -> None:
    universe = Universe()
    assert universe.take(levels(200, source="a"), 0.0) == "a"
    assert universe.take(levels(50, source="b"), 1.0) == "b"
    assert universe.drop_lost(LOST_S) == ["a"]
    assert universe.read(FIRST) == 50
    assert universe.drop_lost(1.0 + LOST_S) == ["b"]
    assert universe.read(FIRST) is None
    assert universe.take(levels(7, source="a"), 9.0) == "a", "it is told when it is back"


def test_a_desk_that_says_that_it_ends_is_lost_at_once() -> None:
    universe = Universe()
    universe.take(levels(200), 0.0)
    universe.take(levels(0, ended=True), 0.1)
    assert universe.drop_lost(0.1) == ["a"]
    assert universe.read(FIRST) is None


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [(5, 4, False), (5, 5, False), (5, 6, True), (250, 2, True), (2, 250, False), (90, 10, True)],
)
def test_a_packet_that_comes_late_is_left_out(before: int, after: int, counts: bool) -> None:
    universe = Universe()
    universe.take(levels(1, sequence=before), 0.0)
    universe.take(levels(2, sequence=after), 0.0)
    assert universe.read(FIRST) == (2 if counts else 1)


def test_levels_that_end_before_the_channel_play_nothing() -> None:
    universe = Universe()
    universe.take(levels(9), 0.0)
    assert universe.read(WIDE) is None


def test_made_up_sources_cannot_fill_the_memory_and_lost_ones_make_room() -> None:
    universe = Universe()
    for number in range(MOST_SOURCES):
        universe.take(levels(1, source=str(number)), 0.0)
    with pytest.raises(InputError, match="sources already"):
        universe.take(levels(1, source="one more"), 0.0)
    universe.drop_lost(LOST_S)
    assert universe.take(levels(1, source="one more"), LOST_S) == "one more"
