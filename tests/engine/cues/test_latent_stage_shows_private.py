"""Which pictures count as a visitor's: those that are marked, and those of the fades that lead away from one."""

from collections.abc import Callable

from tests.engine.cues.cues_rig import FPS, Rig
from torch import Tensor

from likeness import Frame, Stage, hookimpl
from likeness.events import Forget


class Visitor:
    """Shows a visitor in the frames from `first` up to `end`, marked in the hook that `late` names."""

    def __init__(self, first: int, end: int, *, late: bool = False) -> None:
        self._first, self._end, self._late = first, end, late

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._privacy = stage.privacy

    @hookimpl
    def update(self, latent: Tensor, frame: Frame) -> None:
        self._mark(frame, late=False)

    @hookimpl
    def process_image(self, image: Tensor, frame: Frame) -> None:
        self._mark(frame, late=True)

    def _mark(self, frame: Frame, *, late: bool) -> None:
        if late == self._late and self._first <= frame.index < self._end:
            self._privacy.mark()


def private_frames(rig: Rig, frames: int) -> list[int]:
    private = []
    for index in range(frames):
        rig.play(1)
        if rig.loop.drawn and rig.loop.drawn.private:
            private.append(index)
    return private


def test_a_picture_that_is_marked_after_the_generator_is_private_from_its_first_frame(
    make: Callable[..., Rig],
) -> None:
    assert private_frames(make(visitor=Visitor(3, 6)), 10) == [3, 4, 5]
    # The mark of the last picture is of the next latent too, as it was before.
    assert private_frames(make(visitor=Visitor(3, 6, late=True)), 10) == [3, 4, 5, 6]


def test_a_fade_that_begins_at_a_visitor_is_private_to_its_end(make: Callable[..., Rig]) -> None:
    rig = make(visitor=Visitor(10, 20))
    rig.play(5)
    rig.tell("/cue/store", 1)
    rig.play(10)
    rig.tell("/cue/recall", 1, 0.5)
    private = private_frames(rig, FPS)
    assert private == list(range(24))


def test_forgetting_makes_the_next_picture_public(make: Callable[..., Rig]) -> None:
    rig = make(visitor=Visitor(10, 20))
    rig.play(5)
    rig.tell("/cue/store", 1)
    rig.play(14)
    rig.tell("/cue/recall", 1, 10)
    rig.play(5)
    assert rig.loop.drawn
    assert rig.loop.drawn.private
    rig.store.post(Forget())
    assert private_frames(rig, 5) == []


def test_a_change_of_generators_that_fades_from_a_visitor_is_private_to_its_end(make: Callable[..., Rig]) -> None:
    rig = make(visitor=Visitor(10, 20))
    rig.play(20)
    # Between two frames the render thread is idle.
    rig.renderer.switch_scene(rig.renderer.scene(rig.stage), 0.5)
    assert private_frames(rig, FPS) == list(range(24))
