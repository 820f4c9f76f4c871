import logging
import threading
from collections.abc import Callable
from fractions import Fraction

import pytest

from likeness.errors import OutputError
from likeness.outputs.writer import QueuedOutput
from likeness.picture import Picture

Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]


class Slow(QueuedOutput):
    """Writes nothing, no faster than it is let, and fails when told."""

    def __init__(self, *, offline: bool, room: int = 2) -> None:
        self.let = threading.Semaphore(0)
        self.began = threading.Event()
        self.frames: list[int] = []
        self.pictures: list[Picture] = []
        self.fails: Exception | None = None
        self.fails_at_the_end: Exception | None = None
        self.ends: list[str] = []
        super().__init__("slow", Fraction(10), offline=offline, room=room)

    def _write(self, picture: Picture, frame: int) -> None:
        self.began.set()
        self.let.acquire()
        if self.fails:
            raise self.fails
        self.frames.append(frame)
        self.pictures.append(picture)

    def _finish(self) -> None:
        if self.fails_at_the_end:
            raise self.fails_at_the_end
        self.ends.append("finished")

    def _abandon(self) -> None:
        self.ends.append("abandoned")


def test_live_a_full_queue_leaves_pictures_out_at_once_and_the_gap_is_filled_to_keep_time(
    picture: Maker, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    output = Slow(offline=False)
    shown = [picture(step=step) for step in range(11)]
    output.show(shown[0], 0.0)
    assert output.began.wait(20)
    for index in range(1, 10):
        output.show(shown[index], index / 10)
    # The writer holds one and the queue two; nothing was waited for, or this test would never come here.
    assert output.dropped == 7
    output.let.release(100)
    eventually(lambda: len(output.frames) == 3)
    output.show(shown[10], 1.0)
    output.close()
    assert output.frames == list(range(11))
    assert output.repeated == 7
    kept = [shown[0], shown[1], *[shown[2]] * 8, shown[10]]
    assert all(written is each for written, each in zip(output.pictures, kept, strict=True))
    behind = [record for record in caplog.records if "behind" in record.message]
    assert len(behind) == 1, "the line must be counted, not repeated"


def test_pictures_that_were_left_out_at_the_end_leave_the_file_as_long_as_the_show(picture: Maker) -> None:
    output = Slow(offline=False)
    shown = [picture(step=step) for step in range(8)]
    output.show(shown[0], 0.0)
    assert output.began.wait(20)
    for index in range(1, 8):
        output.show(shown[index], index / 10)
    output.let.release(100)
    output.close()
    assert output.frames == list(range(8))
    assert all(written is shown[2] for written in output.pictures[3:])


def test_of_large_pictures_fewer_wait(picture: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = picture()
    monkeypatch.setattr("likeness.outputs.writer.ROOM_BYTES", 3 * shown.nbytes)
    output = Slow(offline=False, room=32)
    output.show(shown, 0.0)
    assert output.began.wait(20)
    for index in range(1, 10):
        output.show(shown, index / 10)
    # The writer holds one and the queue three.
    assert output.dropped == 6
    output.let.release(100)
    output.close()


def test_at_the_end_a_slow_writer_is_waited_for_as_long_as_it_writes(
    picture: Maker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("likeness.outputs.writer.FINISH_S", 1.0)
    output = Slow(offline=False, room=32)
    for index in range(5):
        output.show(picture(step=index), index / 10)
    timers = [threading.Timer(0.4 * (1 + index), output.let.release) for index in range(5)]
    for timer in timers:
        timer.start()
    with caplog.at_level(logging.INFO):
        output.close()
    assert output.frames == list(range(5))
    assert "pictures still wait to be written" in caplog.text


def test_offline_a_full_queue_is_waited_for_and_nothing_is_lost(picture: Maker, eventually: Eventually) -> None:
    output = Slow(offline=True)
    shown = picture()

    def play() -> None:
        for _ in range(10):
            output.show(shown, 0.0)

    player = threading.Thread(target=play)
    player.start()
    output.let.release(3)
    eventually(lambda: len(output.frames) == 3)
    assert player.is_alive()
    output.let.release(7)
    player.join(20)
    output.close()
    assert output.frames == list(range(10))
    assert output.dropped == output.repeated == 0


def test_what_fails_on_the_thread_is_raised_by_the_next_picture_and_told_once(
    picture: Maker, eventually: Eventually
) -> None:
    output = Slow(offline=True)
    output.fails = OSError(28, "No space left on device")
    output.let.release()
    output.show(picture(), 0.0)
    eventually(lambda: output.ends)
    with pytest.raises(OutputError, match=r"slow cannot be written: the disk is full; free some space"):
        output.show(picture(), 0.1)
    output.close()
    assert output.ends == ["abandoned"]


def test_a_failure_frees_a_show_that_waits_for_room(picture: Maker) -> None:
    output = Slow(offline=True)
    output.fails = RuntimeError("the encoder is broken")
    shown = picture()

    def play() -> None:
        for _ in range(10):
            output.show(shown, 0.0)

    threading.Timer(0.1, output.let.release).start()
    with pytest.raises(OutputError, match="the encoder is broken"):
        play()
    output.close()


def test_a_failure_that_no_picture_has_told_is_raised_by_close(picture: Maker) -> None:
    output = Slow(offline=True)
    output.fails_at_the_end = OSError(5, "Input/output error")
    output.let.release()
    output.show(picture(), 0.0)
    with pytest.raises(OutputError, match="reports an error"):
        output.close()
    output.close()
    assert output.ends == ["abandoned"]


def test_a_writer_that_hangs_is_left_behind_live(picture: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.outputs.writer.FINISH_S", 0.1)
    output = Slow(offline=False)
    output.show(picture(), 0.0)
    with pytest.raises(OutputError, match="did not finish"):
        output.close()
    output.let.release(10)


def test_what_was_left_out_is_summed_up_at_the_end(picture: Maker, caplog: pytest.LogCaptureFixture) -> None:
    output = Slow(offline=False)
    output.let.release(10)
    with caplog.at_level(logging.INFO):
        for at in (0.0, 0.01, 0.3):
            output.show(picture(), at)
        output.close()
    assert "1 pictures left out, 2 repeated" in caplog.text
