"""The render thread: what holds for every frame that it draws."""

import sys

import torch

from likeness.frame import Frame
from likeness.show.renderer import Outcome, RenderThread


def test_numbers_too_small_to_see_are_zero_since_they_cost_a_hundred_times_what_others_do() -> None:
    smallest: list[float] = []

    def draw(frame: Frame, events: object) -> Outcome:
        smallest.append(float(torch.full((64,), 1e-30).mul(1e-10)[0]))
        return Outcome(None, None, 0.0)

    render = RenderThread(draw)
    try:
        render.submit(Frame(0, 0.0, 0.04, 0.0, {}), ())
        assert render.wait(20.0) is not None
    finally:
        render.close(5.0)
    assert smallest == [0.0]


def test_a_loop_of_pythons_takes_the_interpreter_for_half_a_millisecond_at_a_time() -> None:
    before = sys.getswitchinterval()
    render = RenderThread(lambda frame, events: Outcome(None, None, 0.0))
    try:
        assert sys.getswitchinterval() <= 0.001
    finally:
        render.close(5.0)
        sys.setswitchinterval(before)
