"""Somebody forgotten while the picture is frozen: no picture of them comes back, however late it was drawn."""

import threading
import time
from collections.abc import Callable
from typing import Any

import torch
from tests.engine.show.test_loop import DEADLINE_S, Rig
from torch import Tensor

from likeness import hookimpl
from likeness.events import Event, Forget
from likeness.show.clock import RealClock


class Face:
    """Shows somebody, white, until they are forgotten; in each frame it waits until it may draw."""

    def __init__(self) -> None:
        self.there, self.may_draw, self.begun = True, threading.Event(), threading.Event()
        self.may_draw.set()

    @hookimpl
    def handle(self, event: Event) -> None:
        if isinstance(event, Forget):
            self.there = False

    @hookimpl
    def process_image(self, image: Tensor) -> Tensor:
        there = self.there
        self.begun.set()
        self.may_draw.wait(DEADLINE_S)
        return torch.ones_like(image) if there else -torch.ones_like(image)


def test_who_is_forgotten_leaves_a_frozen_picture_also_where_a_late_one_still_shows_them(
    toy: Callable[..., Any],
) -> None:
    face = Face()
    show = Rig(toy, RealClock(50), {"face": face})
    try:
        show.store.set("master.freeze", True)
        while show.loop.drawn is None or show.loop.shown.min() < 255:
            show.play(1)
        # A picture of them is being drawn while they are forgotten.
        face.begun.clear()
        face.may_draw.clear()
        while not face.begun.is_set():
            show.play(1)
        show.store.post(Forget())
        show.play(2)
        face.may_draw.set()
        deadline = time.monotonic() + DEADLINE_S
        while show.loop.shown.max() > 0:
            assert time.monotonic() < deadline, "the frozen picture still shows them"
            show.play(1)
        face.there = True
        assert show.play(10)[-1].max() == 0, "the picture is frozen still"
    finally:
        face.may_draw.set()
        show.render.close(1.0)
