"""The way to a face that was called up: it arrives exactly, motion goes on from it, and nothing ever jumps."""

import itertools
import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from likeness.cues.transition import FaceTransition, arc
from likeness.latent import slerp

FPS = 50
DT = 1 / FPS
SHAPE = (4, 32)
MEAN = torch.full(SHAPE, 0.5)


def face(seed: int) -> Tensor:
    return MEAN + torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(seed))


class Walk:
    """Turns evenly in the plane of two faces."""

    def __init__(self, seed: int, hz: float) -> None:
        self.a, self.b, self.hz, self.time = face(seed) - MEAN, face(seed + 1) - MEAN, hz, 0.0

    def step(self) -> Tensor:
        self.time += DT
        turn = math.tau * self.hz * self.time
        return MEAN + math.cos(turn) * self.a + math.sin(turn) * self.b


def longest(latents: Sequence[Tensor]) -> float:
    steps = [float((b - a).norm(dim=-1).max()) for a, b in itertools.pairwise(latents)]
    return max(steps)


def test_untouched_it_hands_on_the_very_same_latent() -> None:
    lead, latent = FaceTransition(MEAN), face(1)
    assert lead.step(latent, DT) is latent
    lead.start(None, 1.0)
    assert lead.step(latent, DT) is latent


def test_from_a_face_that_stands_still_it_takes_the_arc_and_arrives_in_its_time() -> None:
    lead, start, goal = FaceTransition(MEAN), face(1), face(2)
    lead.step(start, DT)
    lead.start(goal[0], 1.0)
    for frame in range(1, FPS):
        t = frame / FPS
        expected = slerp(start - MEAN, goal - MEAN, 3 * t**2 - 2 * t**3) + MEAN
        assert torch.allclose(lead.step(start, DT), expected, atol=1e-5)
    assert torch.equal(lead.step(start, DT), goal)
    assert torch.allclose(lead.step(start, DT), goal, atol=1e-5)


def test_the_called_face_arrives_though_the_plugins_walk_and_they_go_on_from_it() -> None:
    lead, walk, goal = FaceTransition(MEAN), Walk(1, 0.2), face(9)
    lead.step(walk.step(), DT)
    lead.start(goal[0], 2.0)
    way = [lead.step(walk.step(), DT) for _ in range(2 * FPS)]
    assert torch.equal(way[-1], goal)
    drawn = [walk.step() for _ in range(FPS)]
    after = [lead.step(latent, DT) for latent in drawn]
    # As far from frame to frame as the plugins themselves go.
    assert longest([goal, *after]) == pytest.approx(longest(drawn), rel=1e-3)
    assert float((after[-1] - goal).norm()) > 1.0


def test_a_cut_shows_the_face_in_its_frame() -> None:
    lead, goal = FaceTransition(MEAN), face(9)
    lead.start(goal[0], 0.0)
    assert torch.equal(lead.step(face(1), 0.0), goal)


def test_a_plugin_that_jumps_as_the_way_begins_is_not_seen_to_jump() -> None:
    lead, goal = FaceTransition(MEAN), face(3)
    lead.step(face(1), DT)
    lead.start(goal[0], 4.0)
    shown = [face(1), *(lead.step(face(2), DT) for _ in range(4 * FPS))]
    assert torch.equal(shown[-1], goal)
    assert longest(shown) < 1.6 * math.pi * float((face(1) - MEAN).norm(dim=-1).max()) * DT / 4.0


def test_released_it_goes_back_to_what_the_plugins_draw_and_is_out_of_the_way() -> None:
    lead, walk = FaceTransition(MEAN), Walk(1, 0.1)
    lead.step(walk.step(), DT)
    lead.start(face(9)[0], 0.5)
    shown = [lead.step(walk.step(), DT) for _ in range(FPS)]
    lead.start(None, 1.0)
    shown += [lead.step(walk.step(), DT) for _ in range(FPS - 1)]
    assert longest(shown) < 1.0
    latent = walk.step()
    assert lead.step(latent, DT) is latent
    assert lead.step(latent, DT) is latent


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    hz=st.floats(0.0, 0.3),
    calls=st.lists(
        st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(100, 10_000)), st.floats(0.5, 5.0)),
        min_size=1,
        max_size=8,
    ),
)
def test_however_a_way_is_turned_in_its_middle_no_frame_steps_further_than_a_way_may(
    seed: int, hz: float, calls: list[tuple[int, int | None, float]]
) -> None:
    lead, walk = FaceTransition(MEAN), Walk(seed, hz)
    drawn = [walk.step()]
    shown = [lead.step(drawn[0], DT)]
    fastest = 0.0
    for frames, goal, seconds in calls:
        lead.start(None if goal is None else face(goal)[0], seconds)
        fastest = max(fastest, 1.5 * DT / seconds)
        for _ in range(frames):
            drawn.append(walk.step())
            shown.append(lead.step(drawn[-1], DT))
    reach = max(float((latent - MEAN).norm(dim=-1).max()) for latent in (*shown, *(face(g) for _, g, _ in calls if g)))
    # The arc is at most half a circle about the mean, its length changes by at most the whole reach, and what moves
    # at its ends (1 / sin(150 degrees), twice) adds to it.
    own = longest(drawn) if len(drawn) > 1 else 0.0
    allowed = fastest * reach * math.hypot(math.pi, 1.0) + 4.0 * own + 1e-4
    assert len(shown) < 2 or longest(shown) <= allowed


def test_an_arc_has_no_seam_where_its_ends_are_opposite() -> None:
    a = torch.zeros(1, 1, 8)
    a[..., 0] = 1.0
    middles = []
    for degrees in torch.arange(170.0, 190.0, 0.1):
        b = torch.zeros(1, 1, 8)
        b[..., 0], b[..., 1] = torch.cos(degrees.deg2rad()), torch.sin(degrees.deg2rad())
        middles.append(arc(a, b, 0.5))
    assert longest(middles) < 0.02
    right = torch.zeros(1, 1, 8)
    right[..., 1] = 1.0
    assert torch.allclose(arc(a, right, 0.3), slerp(a, right, 0.3))


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_an_arc_from_or_to_the_mean_or_along_one_line_is_straight(t: float) -> None:
    a, nothing = face(1) - MEAN, torch.zeros(1, *SHAPE)
    assert torch.allclose(arc(a, nothing, t), a * (1 - t), atol=1e-6)
    assert torch.allclose(arc(nothing, a, t), a * t, atol=1e-6)
    assert torch.allclose(arc(a, 3 * a, t), a * (1 + 2 * t), atol=1e-5)
    assert torch.allclose(arc(a, -a, t), a * (1 - 2 * t), atol=1e-5)
