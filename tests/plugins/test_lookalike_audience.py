"""What `lookalike` makes of visitors of the audience: one turn each, as long as set, and gone when they must be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from likeness.events import AudienceTurn, ForgetTurn
from likeness.lookalike.name_line import draw_name
from likeness.lookalike.visitor import Match, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue

SHORT = {"attack": 1.0, "hold": 1.0, "blend": 1.0, "photo_s": 1.0, "walk": 2.0, "match": 1.0, "decay": 1.0}
Maker = Callable[..., Any]


class Tracker:
    """In place of the tracker: finds a face at once."""

    def __init__(self, visitors: VisitorQueue) -> None:
        self.settings, self._visitors, self.made, self.ready = None, visitors, list[Visitor](), True

    def warm(self) -> bool:
        return self.ready

    def show_turn(self, turn: AudienceTurn) -> None:
        portrait, embedding = np.full((64, 64, 3), 255, np.uint8), np.ones(128, np.float32)
        visitor = Visitor(len(self.made) + 1, portrait, embedding, 0.0, turn=turn)
        visitor.name_line = draw_name(turn.name, 64)
        # As on the tracker's own thread.
        with torch.inference_mode(False):
            visitor.latent = torch.full((4, 64), 2.0)
            visitor.match = Match("anna", 0.6, np.zeros((64, 64, 3), np.uint8), torch.full((4, 64), -2.0))
        self.made.append(visitor)
        self._visitors.add(visitor, self._visitors.generation)

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def playing(player: Maker) -> Any:
    show = player("lookalike", fps=50)
    show.values |= SHORT
    show.plugin._tracker = Tracker(show.plugin._visitors)
    show.stage.audience.open = True
    return show


def bring(playing: Any, name: str = "") -> AudienceTurn:
    """Let the next one come as the link does: once the plugin asks."""
    playing.update()
    assert playing.stage.audience.wanted
    turn = AudienceTurn(7, np.zeros((64, 64, 3), np.uint8), name)
    playing.stage.audience.bring(turn)
    playing.update()
    return turn


@pytest.mark.parametrize("stay", [4.0, 20.0])
def test_a_turn_takes_the_seconds_that_are_set_and_its_visitor_is_forgotten_then(playing: Any, stay: float) -> None:
    turn = bring(playing)
    (visitor,) = playing.plugin._tracker.made
    playing.play(stay - 0.1, stay=stay)
    assert not turn.over
    assert playing.stage.privacy.end_frame()
    playing.play(0.2)
    assert turn.over
    assert turn.shown
    assert visitor.forgotten
    assert not visitor.portrait.any()
    assert playing.plugin._visitors.visitors() == ()


def test_the_next_one_is_asked_for_while_the_last_one_goes_and_not_before(playing: Any) -> None:
    bring(playing)
    playing.play(15.0, stay=20.0)
    assert not playing.stage.audience.wanted
    playing.play(4.0)
    assert playing.plugin._turn.phase == "decay"
    assert playing.stage.audience.wanted


def test_nobody_is_asked_for_before_there_is_who_finds_a_face(playing: Any) -> None:
    playing.plugin._tracker.ready = False
    playing.play(1.0)
    assert not playing.stage.audience.wanted
    playing.plugin._tracker.ready = True
    playing.update()
    assert playing.stage.audience.wanted


def test_nobody_is_asked_for_while_the_audience_is_off(playing: Any) -> None:
    playing.play(1.0, audience=False)
    assert not playing.stage.audience.wanted


@pytest.mark.parametrize("told", [True, False])
def test_who_is_withdrawn_is_in_no_further_frame(playing: Any, told: bool) -> None:
    turn = bring(playing)
    playing.play(4.5)
    (visitor,) = playing.plugin._tracker.made
    turn.withdrawn = True
    if told:
        playing.plugin.handle(event=ForgetTurn(turn), stage=playing.stage)
    assert torch.equal(playing.update(), playing.base[0])
    assert playing.picture(torch.zeros(1, 3, 32, 32)) is None
    assert visitor.forgotten
    assert visitor.latent is None


def test_forgetting_one_of_the_audience_leaves_the_others(playing: Any) -> None:
    bring(playing)
    playing.play(4.0)
    playing.plugin.handle(event=ForgetTurn(AudienceTurn(8, np.zeros((64, 64, 3), np.uint8))), stage=playing.stage)
    assert playing.plugin._visitor is not None


def test_a_hurried_turn_goes_back_into_the_show_without_a_leap(playing: Any) -> None:
    turn = bring(playing)
    frames = [*playing.play(4.5)]
    turn.hurried = True
    frames += [*playing.play(2.5)]
    steps = torch.stack(frames).diff(dim=0).flatten(1).norm(dim=1)
    assert turn.over
    assert torch.equal(frames[-1], playing.base[0])
    assert steps.max() < 0.08 * (frames[0] - 2.0).norm()


def test_the_name_stands_at_the_lower_left_while_it_is_wished(playing: Any) -> None:
    bring(playing, "Zoë")
    playing.play(3.0)
    image = torch.zeros(1, 3, 64, 64)
    picture = playing.picture(image)
    assert picture[0, :, 52:, :32].max() > 0.6
    assert torch.equal(picture[0, :, :40], image[0, :, :40])
    playing.update(name=False)
    assert playing.picture(image) is None


def test_a_name_has_no_letters_that_the_font_lacks_and_fits_the_picture() -> None:
    assert draw_name("漢字", 64) is None
    plain, mixed = draw_name("Zoë", 128), draw_name("漢Zoë字", 128)
    assert plain is not None
    assert mixed is not None
    assert np.array_equal(plain, mixed)
    longest = draw_name("W" * 24, 128)
    assert longest is not None
    assert longest[..., 0].any()
    assert not longest[:, 115:, 0].any()


def test_a_show_that_ends_gives_back_who_is_on_the_way(playing: Any) -> None:
    turn = bring(playing)
    (visitor,) = playing.plugin._tracker.made
    visitor.latent = None
    playing.plugin._reset()
    playing.plugin._coming = turn
    playing.stop()
    assert turn.over
    assert not turn.shown
