import threading
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from likeness.outputs.sending import sender
from likeness.outputs.sending.sender import Converted, SentOutput
from likeness.picture import Picture

Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]


class Receiver:
    """Takes pictures when it is let, and fails when told."""

    def __init__(self) -> None:
        self.opened: list[tuple[tuple[int, int], int]] = []
        self.pictures: list[Picture] = []
        self.closings = 0
        self.fails: Exception | None = None
        self.connected = True
        self.let = threading.Semaphore(0)
        self.began = threading.Event()

    def open(self, size: tuple[int, int], channels: int) -> "Receiver":
        self.opened.append((size, channels))
        return self

    def send(self, picture: Picture, at: float) -> None:
        self.began.set()
        self.let.acquire()
        if self.fails:
            raise self.fails
        self.pictures.append(picture)

    def close(self) -> None:
        self.closings += 1


def test_a_slow_receiver_gets_the_newest_pictures_and_the_show_does_not_wait(picture: Maker) -> None:
    receiver = Receiver()
    output = SentOutput("slow", receiver.open)
    shown = [picture(step=step) for step in range(10)]
    output.show(shown[0], 0.0)
    assert receiver.began.wait(20)
    for index in range(1, 10):
        output.show(shown[index], index / 10)
    receiver.let.release(100)
    output.close()
    assert [next(i for i, each in enumerate(shown) if each is sent) for sent in receiver.pictures] == [0, 7, 8, 9]
    assert (output.dropped, output.sent, receiver.closings) == (6, 4, 1)


def test_a_receiver_that_fails_is_tried_again_and_what_was_wrong_is_said_once(
    picture: Maker, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(sender, "STEADY_S", 0.0)
    receiver = Receiver()
    receiver.let.release(10_000)
    receiver.fails = OSError("cable out")
    output = SentOutput("wire", receiver.open, pause_s=0.001)

    def show() -> None:
        output.show(picture(), 0.0)

    eventually(lambda: [show(), len(receiver.opened) >= 4][1])
    assert output.trouble == "cable out"
    receiver.fails = None
    eventually(lambda: [show(), output.trouble is None][1])
    output.close()
    lines = [record.message for record in caplog.records]
    assert len([line for line in lines if "cable out" in line and "tried again" in line]) == 1
    assert "wire: pictures arrive again" in lines


def test_what_only_waits_for_a_receiver_does_not_arrive_again(
    picture: Maker, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(sender, "STEADY_S", 0.0)
    receiver = Receiver()
    receiver.let.release(10_000)
    receiver.fails = OSError("refused")
    output = SentOutput("wire", receiver.open, pause_s=0.001)
    eventually(lambda: [output.show(picture(), 0.0), output.trouble][1])
    receiver.connected, receiver.fails = False, None
    eventually(lambda: [output.show(picture(), 0.0), len(receiver.pictures) >= 4][1])
    assert output.trouble == "refused"
    assert "wire: pictures arrive again" not in caplog.text
    receiver.connected = True
    eventually(lambda: [output.show(picture(), 0.0), output.trouble is None][1])
    output.close()


def test_a_receiver_that_cannot_be_opened_is_tried_less_and_less_often(picture: Maker, eventually: Eventually) -> None:
    tries: list[float] = []

    def refuse(size: tuple[int, int], channels: int) -> Receiver:
        tries.append(time.monotonic())
        raise OSError("no such device")

    output = SentOutput("absent", refuse, pause_s=0.02)
    eventually(lambda: [output.show(picture(), 0.0), len(tries) >= 4][1])
    output.close()
    pauses = [after - before for before, after in pairwise(tries)]
    assert all(pause >= least for pause, least in zip(pauses, (0.02, 0.04, 0.08), strict=False))


def test_a_receiver_that_hangs_is_left_behind_at_the_end(picture: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "PARTING_S", 0.05)
    receiver = Receiver()
    output = SentOutput("hung", receiver.open)
    output.show(picture(), 0.0)
    assert receiver.began.wait(20)
    output.close()
    receiver.let.release(10)


def test_all_pictures_are_sent_in_the_size_of_the_first(picture: Maker) -> None:
    receiver = Receiver()
    receiver.let.release(10)
    output = SentOutput("one size", receiver.open)
    output.show(picture(64, 48), 0.0)
    output.show(picture(128, 128), 0.1)
    output.close()
    assert receiver.opened == [((64, 48), 3)]
    assert [each.shape for each in receiver.pictures] == [(48, 64, 3)] * 2


def test_a_picture_without_alpha_is_opaque_and_converted_once(picture: Maker) -> None:
    converted, shown = Converted(), picture(8, 6)
    made = converted.with_alpha(shown)
    assert made.shape == (6, 8, 4)
    assert np.array_equal(made[..., :3], shown)
    assert (made[..., 3] == 255).all()
    assert converted.with_alpha(shown) is made
    assert converted.with_alpha(made) is made
