"""The films of a photo, frame by frame, with a generator whose pictures can be worked out."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from tests.conftest import ToyGenerator

from likeness.lookalike.film_plan import DRAWN_S, LOOP_S, NEWS_SECONDS, FilmPlan
from likeness.lookalike.films import PAIRS, FilmMaker
from likeness.picture import Picture

PLAN = FilmPlan(size=(32, 32), fps=20.0, extent=1.5)
PHOTO = np.full((32, 32, 3), 200, np.uint8)
FACE, MATCH = torch.full((4, 16), -0.5), torch.full((4, 16), 0.5)


@pytest.fixture
def films() -> FilmMaker:
    return FilmMaker(ToyGenerator(), PLAN)


def at(pictures: list[Picture], seconds: float) -> Picture:
    return pictures[round(seconds * PLAN.fps)]


def largest_step(pictures: list[Picture]) -> float:
    return max(float(np.abs(a.astype(int) - b).max()) for a, b in pairwise(pictures))


def test_the_news_go_from_the_photo_by_its_drawing_to_the_match_picture(films: FilmMaker) -> None:
    picture = np.full((32, 32, 3), 90, np.uint8)
    news = list(films.draw_news(FACE, PHOTO, MATCH, picture))
    seconds = NEWS_SECONDS
    assert np.array_equal(news[0], PHOTO)
    assert np.array_equal(at(news, seconds.photo - 0.1), PHOTO)
    drawn_at = seconds.photo + seconds.blend
    half = (films.draw(FACE).astype(float) + PHOTO) / 2
    assert np.abs(at(news, drawn_at - seconds.blend / 2) - half).max() < 2
    for moment in (drawn_at + 0.05, drawn_at + DRAWN_S - 0.05):
        assert np.array_equal(at(news, moment), films.draw(FACE))
    assert np.abs(at(news, drawn_at + DRAWN_S + seconds.walk).astype(int) - films.draw(MATCH)).max() < 2
    assert np.array_equal(news[-1], picture)
    whole = drawn_at + DRAWN_S + seconds.walk + seconds.blend + seconds.match
    assert len(news) == pytest.approx(whole * PLAN.fps, abs=2)
    # A jump from a picture to another would be a hundred levels.
    assert largest_step(news) < 16


def test_a_match_whose_picture_is_its_drawing_is_not_dissolved_into_itself(films: FilmMaker) -> None:
    other = np.full((32, 32, 3), 90, np.uint8)
    longer = len(list(films.draw_news(FACE, PHOTO, MATCH, other)))
    shorter = list(films.draw_news(FACE, PHOTO, MATCH, films.draw(MATCH)))
    assert longer - len(shorter) == pytest.approx(NEWS_SECONDS.blend * PLAN.fps, abs=1)
    assert largest_step(shorter) < 16


def test_the_loop_goes_beyond_the_usual_there_and_back_and_closes(films: FilmMaker) -> None:
    direction = torch.zeros(4, 16)
    direction[:, 0] = 1.0
    loop = list(films.draw_loop(FACE, direction))
    assert len(loop) == round(LOOP_S * PLAN.fps)
    assert np.array_equal(loop[0], films.draw(FACE))
    assert np.array_equal(loop[len(loop) // 2], films.draw(FACE + PLAN.extent * direction))
    assert all(np.array_equal(a, b) for a, b in zip(loop[1:], reversed(loop[1:]), strict=True))
    assert largest_step([*loop, loop[0]]) < 16


def test_the_children_are_met_on_a_ring_with_both_parents(films: FilmMaker) -> None:
    parents = torch.stack([FACE, MATCH])
    ring = list(films.draw_children(parents))
    leg = len(ring) // (2 * PAIRS + 2)
    assert np.array_equal(ring[0], films.draw(FACE))
    stops = [ring[leg * index] for index in range(2 * PAIRS + 2)]
    children = [films.draw(child) for child in films.children(parents)]
    expected = [films.draw(FACE), children[0], children[2], films.draw(MATCH), children[1], children[3]]
    for stop, face in zip(stops, expected, strict=True):
        assert np.abs(stop.astype(int) - face).max() <= 1
    assert largest_step([*ring, ring[0]]) < 30


def test_half_the_rate_has_half_the_frames_and_twice_the_pace_too() -> None:
    def count(plan: FilmPlan) -> int:
        return len(list(FilmMaker(ToyGenerator(), plan).draw_news(FACE, PHOTO, MATCH, PHOTO)))

    whole = count(PLAN)
    assert count(FilmPlan((32, 32), fps=10.0)) == pytest.approx(whole / 2, abs=1)
    assert count(FilmPlan((32, 32), fps=20.0, pace=2.0)) == pytest.approx(whole / 2, abs=1)
