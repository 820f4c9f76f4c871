"""What shows a visitor is shown, and neither remembered nor handed out."""

import torch
from torch import Tensor

from likeness.cues.latent_commands import Capture
from likeness.cues.latent_history import LatentHistory
from likeness.cues.latent_stage import LatentStage
from likeness.events import Forget, Recall
from likeness.frame import Frame

MEAN = torch.zeros(2, 4)


def course() -> LatentStage:
    return LatentStage(MEAN, LatentHistory(2, 4, 60.0))


def show(playing: LatentStage, value: float, index: int, private: bool = False) -> Tensor:
    frame = Frame(index, index / 60, 1 / 60 if index else 0.0, 0.0, {})
    return playing.step(torch.full((1, 2, 4), value), frame, private=private)


def captured(playing: LatentStage, time: float | None = None) -> Tensor:
    taken: list[Tensor] = []
    playing.handle(Capture(taken.append, time))
    return taken[0]


def test_a_capture_gets_the_last_face_that_was_nobodys() -> None:
    playing = course()
    show(playing, 1.0, 1)
    assert show(playing, 7.0, 2, private=True).eq(7).all(), "it is shown all the same"
    assert captured(playing).eq(1).all()
    show(playing, 2.0, 3)
    assert captured(playing).eq(2).all()


def test_no_time_of_the_past_brings_a_visitor_back() -> None:
    playing = course()
    for index in range(1, 121):
        show(playing, 7.0 if 40 < index < 80 else 1.0, index, private=40 < index < 80)
    assert all(captured(playing, k / 240).eq(1).all() for k in range(480))
    assert not playing.history._faces[: playing.history._count].eq(7).any()


def test_forgetting_cuts_the_way_that_leads_from_a_visitor() -> None:
    playing = course()
    show(playing, 1.0, 1)
    show(playing, 7.0, 2, private=True)
    playing.handle(Recall("one", 1.0, lambda: torch.full((2, 4), 3.0)))
    assert show(playing, 7.0, 3, private=True).max() > 3
    playing.handle(Forget())
    assert playing.shown.eq(1).all()
    assert show(playing, 1.0, 4).eq(1).all()
    # A way among public faces alone is left in peace.
    playing.handle(Recall("one", 1.0, lambda: torch.full((2, 4), 3.0)))
    show(playing, 1.0, 5)
    middle = show(playing, 1.0, 20)
    playing.handle(Forget())
    assert 1 < middle.mean() < show(playing, 1.0, 21).mean()
