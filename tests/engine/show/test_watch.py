"""What counts as a dead show, and what does not."""

import pytest

from likeness.show.heartbeat import Heartbeat
from likeness.show.watch import Limits, Watch

LIMITS = Limits(start_s=30.0, silent_s=5.0, still_s=20.0)


def played(*beats: tuple[float, Heartbeat]) -> Watch:
    watch = Watch(LIMITS, 0.0)
    for at, beat in beats:
        watch.take(beat, at)
    return watch


def moving(until: int, **said: object) -> list[tuple[float, Heartbeat]]:
    return [(float(at), Heartbeat(at, at, **said)) for at in range(1, until + 1)]  # type: ignore[arg-type]


def test_a_show_that_plays_is_alive() -> None:
    watch = played(*moving(100))
    assert watch.playing
    assert watch.judge(102.0) == ""


def test_the_first_picture_has_longer() -> None:
    watch = played((1.0, Heartbeat(0, 0)))
    assert watch.judge(29.0) == ""
    assert not watch.playing
    assert watch.judge(31.0) == "no picture in the first 30 s"


def test_heartbeats_without_new_pictures_are_silence() -> None:
    watch = played(*moving(10), *((float(at), Heartbeat(10, 10)) for at in range(11, 30)))
    assert watch.judge(14.0) == ""
    assert watch.judge(16.0) == "no new picture for 5 s"


@pytest.mark.parametrize("look", ["black", "of one colour"])
def test_a_picture_that_shows_nothing_is_dead_unless_the_master_is_told_so(look: str) -> None:
    assert played(*moving(5), *moving(40, look=look)[5:]).judge(40.0) == f"a picture that is {look} for 20 s"
    assert played(*moving(5), *moving(40, look=look, held=True)[5:]).judge(40.0) == ""


def test_the_same_picture_is_dead_unless_it_is_held() -> None:
    still = [(float(at), Heartbeat(at, 5)) for at in range(5, 40)]
    held = [(float(at), Heartbeat(at, 5, held=True)) for at in range(5, 40)]
    assert played(*still).judge(24.0) == ""
    assert played(*still).judge(39.0) == "the same picture for 20 s"
    assert played(*held).judge(39.0) == ""
    forever = Watch(Limits(still_s=0.0), 0.0)
    for at, beat in still:
        forever.take(beat, at)
    assert forever.judge(40.0) == ""


def test_a_lost_window_is_dead_at_once_and_a_lost_file_is_not() -> None:
    assert played(*moving(5, lost=("window on display 1",))).judge(5.0) == "the window on display 1 is lost"
    assert played(*moving(5, lost=("video a.mp4",))).judge(5.0) == ""


def test_time_in_which_the_machine_slept_does_not_count() -> None:
    watch = played(*moving(10))
    watch.forgive(3600.0)
    assert watch.judge(3612.0) == ""
    assert watch.judge(3616.0) == "no new picture for 5 s"


@pytest.mark.parametrize(
    "datagram", [b"", b"\xff", b"[]", b"{}", b'{"word": "w"}', b'{"word": "w", "pictures": 1, "mark": 2, "lost": 3}']
)
def test_what_is_no_heartbeat_is_none(datagram: bytes) -> None:
    assert Heartbeat.decode(datagram, "w") is None


def test_a_heartbeat_comes_back_as_it_was_told_and_only_by_its_word() -> None:
    beat = Heartbeat(3, 4, "black", True, ("window on display 0",))
    assert Heartbeat.decode(beat.encode("word"), "word") == beat
    assert Heartbeat.decode(beat.encode("word"), "other") is None
