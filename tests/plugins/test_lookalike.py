"""What `lookalike` makes of visitors: features that ride on the show, dissolves, privacy. No camera, no process."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from tests.plugins.conftest import PSI

from likeness.events import Forget
from likeness.lookalike.visitor import Match, Visitor

NAME = "lookalike"
SHORT = {"attack": 1.0, "hold": 1.0, "blend": 1.0, "photo_s": 1.0, "walk": 2.0, "match": 1.0, "decay": 1.0}
Maker = Callable[..., Any]


def visitor(number: int = 1, value: float = 2.0, match: float | None = -2.0) -> Visitor:
    made = Visitor(number, np.full((64, 64, 3), 255, np.uint8), np.full(128, number, np.float32), 0.0)
    made.latent = torch.full((4, 64), value)
    if match is not None:
        made.match = Match("anna", 0.6, np.zeros((64, 64, 3), np.uint8), torch.full((4, 64), match))
    return made


@pytest.fixture
def playing(player: Maker) -> Any:
    show = player(NAME, fps=50)
    show.values |= SHORT
    return show


def test_with_nobody_there_the_show_goes_on_as_it_was(playing: Any) -> None:
    image = torch.rand(1, 3, 32, 32)
    for _ in range(5):
        assert torch.equal(playing.update(), playing.base[0])
    assert playing.picture(image) is None
    assert not playing.stage.privacy.end_frame()


def test_only_the_layers_that_are_let_in_are_the_visitors(playing: Any) -> None:
    playing.plugin._visitors.add(visitor(), 0)
    playing.values |= {"coarse": 1.0, "broad": 0.0, "middle": 0.5, "fine": 0.0}
    shown = playing.play(1.5)[-1]
    base = playing.base[0]
    assert torch.allclose(shown[0], torch.full((64,), 2.0), atol=1e-5)
    assert torch.allclose(shown[1], base[1], atol=1e-5)
    assert torch.allclose(shown[2], (base[2] + 2) / 2, atol=1e-5)
    assert playing.stage.privacy.end_frame()


def test_the_whole_visitor_then_the_match_are_shown_as_they_are_behind_the_truncation(playing: Any) -> None:
    playing.plugin._visitors.add(visitor(), 0)
    psi = PSI
    shown = playing.play(4.9)[-1] * psi
    assert torch.allclose(shown, torch.full_like(shown, 2.0), atol=0.05)
    later = playing.play(2.6)[-1] * psi
    assert torch.allclose(later, torch.full_like(later, -2.0), atol=0.05)


def test_the_photo_and_the_matchs_picture_dissolve_in_and_out(playing: Any) -> None:
    playing.plugin._visitors.add(visitor(), 0)
    image = torch.zeros(1, 3, 32, 32)
    seen = []
    for _ in range(10 * 50):
        playing.update()
        picture = playing.picture(image)
        seen.append(0.0 if picture is None else float(picture.mean()))
    track = np.array(seen)
    # The photo is white, the match's picture black, the show grey.
    assert track.max() == pytest.approx(1.0, abs=1e-5)
    assert track.min() == pytest.approx(-1.0, abs=1e-5)
    assert track.argmax() < track.argmin()
    assert np.abs(np.diff(track)).max() < 0.06


def test_the_latent_does_not_leap_while_a_search_refines_it(playing: Any) -> None:
    somebody = visitor()
    playing.plugin._visitors.add(somebody, 0)
    before = playing.play(1.48)
    somebody.latent = torch.full((4, 64), 3.0)
    frames = torch.cat([before, playing.play(0.45)])
    steps = frames.diff(dim=0).flatten(1).norm(dim=1)
    assert steps[75:].max() < 0.06 * torch.full((4, 64), 1.0).norm()
    assert frames[-1][0].mean() > 2.6


def test_next_leads_back_and_the_other_one_comes(playing: Any) -> None:
    for number in (1, 2):
        playing.plugin._visitors.add(visitor(number), 0)
    playing.play(1.5)
    assert playing.plugin._visitor.number == 2
    playing.play(0.02, next=1)
    playing.values["next"] = 0
    playing.play(1.1)
    assert playing.plugin._visitor.number == 1


def test_somebody_comes_again_only_after_a_rest_and_a_newcomer_at_once(playing: Any) -> None:
    playing.values |= {"mode": "ride", "rest": 2.0}
    playing.plugin._visitors.add(visitor(), 0)
    playing.play(3.1)
    assert playing.plugin._visitor is None
    playing.play(1.0)
    assert playing.plugin._visitor is None
    playing.play(1.2)
    assert playing.plugin._visitor.number == 1
    playing.play(3.0)
    playing.plugin._visitors.add(visitor(2), 0)
    playing.play(0.2)
    assert playing.plugin._visitor.number == 2


def test_who_shall_not_come_again_has_one_turn(playing: Any) -> None:
    playing.values["again"] = False
    playing.values["mode"] = "ride"
    playing.plugin._visitors.add(visitor(), 0)
    frames = playing.play(10.0)
    assert torch.equal(frames[-1], playing.base[0])
    assert playing.plugin._visitor is None


def test_forgetting_wipes_in_the_middle_of_a_turn(playing: Any) -> None:
    somebody = visitor()
    playing.plugin._visitors.add(somebody, 0)
    playing.play(4.0)
    playing.picture(torch.zeros(1, 3, 32, 32))
    for each in playing.plugin._visitors.clear():
        each.wipe()
    playing.plugin.handle(event=Forget(), stage=playing.stage)
    assert torch.equal(playing.update(), playing.base[0])
    assert playing.plugin._visitor is None
    assert playing.plugin._shown is None
    assert not playing.plugin._pictures
    playing.stage.privacy.end_frame()
    playing.update()
    assert not playing.stage.privacy.end_frame()


def test_the_same_events_at_the_same_times_give_the_same_frames(player: Maker) -> None:
    shows = []
    for _ in range(2):
        show = player(NAME, fps=50)
        show.values |= SHORT
        alone = show.play(0.5)
        show.plugin._visitors.add(visitor(), 0)
        shows.append(torch.cat([alone, show.play(6.0)]))
    assert torch.equal(*shows)


def test_visitors_are_told_by_their_state_and_how_long_and_by_nothing_else(playing: Any) -> None:
    queue = playing.plugin._visitors
    unready = visitor(2)
    unready.latent = None
    unready.seen_at = time.monotonic() - 5.0
    queue.add(unready, 0)
    queue.add(visitor(1), 0)
    playing.play(1.5)
    first, second = playing.plugin.describe_visitors()
    assert (first.state, second.state) == ("hold", "searching")
    assert first.seconds == pytest.approx(0.5, abs=0.05)
    assert second.seconds == pytest.approx(5.0, abs=1.0)
    assert {type(value) for value in (*vars(first).values(), *vars(second).values())} == {str, float}
    playing.plugin.handle(Forget(), playing.stage)
    queue.clear()
    assert playing.plugin.describe_visitors() == []
