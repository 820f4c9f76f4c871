"""Following: a shadow draws what its leader draws, and goes on where that ends."""

import socket
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.engine.show.shadow.shadow_rig import DEADLINE_S, Pair, Script
from tests.engine.show.takes.test_takes import NIGHT, put

from likeness.errors import WeightsError
from likeness.picture import Picture
from likeness.show.shadow.messages import LOOK

Make = Callable[[Script], Pair]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    pairs: list[Pair] = []

    def pair(script: Script) -> Pair:
        pairs.append(Pair(tmp_path, script))
        return pairs[-1]

    yield pair
    for each in pairs:
        each.close()


def distance(one: Picture, other: Picture) -> float:
    """Return the mean difference of two pictures, of 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def differing(pairs: list[tuple[Picture, Picture]]) -> list[int]:
    return [k for k, (led, shown) in enumerate(pairs) if not np.array_equal(led, shown)]


def test_a_shadow_draws_the_same_pictures_and_goes_on_as_the_leader_would(make: Make) -> None:
    pair = make({frame: act for frame, act in NIGHT.items() if frame < 17})
    pair.join()
    pairs = pair.play(18)
    assert differing(pairs) == []
    assert len({led.tobytes() for led, _ in pairs}) > 9
    # The leader is cut off in the middle of a recall; here it plays on as what the shadow has to match.
    pair.cut()
    assert differing(pair.play(12)) == []
    assert not pair.shadow.loop.outputs.held_back


def test_a_shadow_that_joins_late_draws_the_same_pictures(make: Make) -> None:
    pair = make(NIGHT)
    # In the middle of a recall, with modulators, a glide and the past behind it.
    pair.lead(16)
    pair.join()
    # The first frame was drawn before it was known how the show stands.
    assert differing(pair.play(26)[1:]) == []


def test_a_shadow_that_joined_late_plays_on_without_a_jump(make: Make) -> None:
    pair = make({2: put("random_walk.push", 5), 3: put("random_walk.speed", 0.1)})
    # Its own walk begins anew, far from the leader's.
    pair.lead(30)
    pair.join()
    shown = [led for led, _ in pair.play(12)]
    steps = [distance(before, after) for before, after in pairwise(shown)]
    pair.cut()
    for _ in range(3):
        before = pair.shadow.loop.shown
        pair.shadow.loop.frame()
        assert distance(before, pair.shadow.loop.shown) < 2 * max(steps)
    assert not np.array_equal(before, pair.shadow.loop.shown)


def test_nothing_leaves_the_shadow_before_it_plays_and_everything_from_then_on(make: Make) -> None:
    pair = make({})
    pair.join()
    pair.play(3)
    assert not any(picture.any() for picture in pair.seen.pictures)
    last = pair.shadow.loop.shown
    pair.cut()
    pair.shadow.loop.frame()
    # What was drawn already comes at once, before the first picture of its own.
    assert np.array_equal(pair.seen.pictures[-2], last)
    assert last.any()
    assert np.array_equal(pair.seen.pictures[-1], pair.shadow.loop.shown)


def test_a_hand_on_the_shadow_plays_nothing_before_it_plays(make: Make) -> None:
    pair = make({})
    pair.join()
    pair.shadow.store.set("shift.by", 1.5)
    pair.shadow.store.set("ears.echo", 1)
    assert differing(pair.play(3)) == []
    assert pair.shadow.store.target("shift.by") == pair.leader.store.target("shift.by")
    pair.cut()
    pair.shadow.loop.frame()
    pair.shadow.store.set("shift.by", 1.5)
    pair.shadow.loop.frame()
    assert pair.shadow.store.target("shift.by") == 1.5


def test_a_show_that_is_over_is_over_on_the_shadow_too(make: Make) -> None:
    pair = make({})
    pair.join()
    pair.play(2)
    pair.leader.quit()
    pair.leader.shadow.close()
    pair.shadow.run()
    assert pair.shadow.shadow.over
    assert pair.shadow.loop.outputs.held_back


def test_a_show_that_is_stopped_is_played_on_by_the_shadow(make: Make) -> None:
    pair = make({})
    pair.join()
    pair.play(2)
    pair.leader.stop()
    pair.leader.shadow.close()
    pair.shadow.loop.frame()
    assert not pair.shadow.loop.outputs.held_back
    assert pair.shadow.shadow.sender is not None
    assert pair.shadow.shadow.sender.leads_s is not None


def test_a_rack_and_weights_that_change_are_followed(make: Make, tmp_path: Path) -> None:
    pair = make({})
    pair.join()
    pair.play(2)
    pair.leader.rack_editor.add("style_mixing")
    while "style_mixing" not in pair.leader.rack_editor.names():
        pair.play(1)
    pair.leader.store.set("style_mixing.fine", 1.0)
    before = pair.leader.generator
    pair.leader.generator_swap.load(str(tmp_path / "large.toy"), 0.0)
    while pair.leader.generator is before:
        pair.play(1)
    pairs = pair.play(4)
    assert pair.shadow.rack_editor.names() == pair.leader.rack_editor.names()
    assert differing(pairs[2:]) == []
    assert pairs[-1][1].shape[0] == 64


def test_a_shadow_that_leaves_is_not_missed_and_one_that_is_lost_is(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make({})
    sender = pair.leader.shadow.sender
    assert sender is not None
    for goodbye in (True, False):
        pair.join()
        pair.play(2)
        assert pair.leader.shadow.counters() == {"shadow": {"shadows": 1}}
        if goodbye:
            pair.following.link.close()
        else:
            pair.following.link._connection.socket.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + DEADLINE_S
        while sender.count:
            assert time.monotonic() < deadline
            pair.lead()
        assert sender.lost is not goodbye


def test_whoever_only_looks_gets_what_is_played_and_is_no_shadow(make: Make) -> None:
    pair = make({})
    link = pair.ask(LOOK)
    assert link.take.header["preset"]["show"]["weights"] == pair.leader.preset.show.weights
    pair.lead(3)
    assert pair.leader.shadow.counters() == {}
    link.close()


def test_other_weights_of_the_same_name_are_refused_in_words(make: Make) -> None:
    pair = make({1: put("show.psi", 1.0)})
    pair.join()
    header, hashes = pair.following.link.take.header, pair.following.link.take.hashes
    name = str(header["preset"]["show"]["weights"])
    assert name in hashes
    del pair.following.__dict__["take"]
    hashes[name] = "0" * 64  # type: ignore[index]  # as another machine would say
    with pytest.raises(WeightsError, match=r"another file than the weights that 127\.0\.0\.1"):
        _ = pair.following.take


def test_the_frames_and_seconds_of_a_shadow_count_from_where_it_joined(make: Make) -> None:
    pair = make({})
    pair.lead(30)
    joined_at = pair.leader.loop.stats.at
    pair.join()
    pair.play(4)
    stats = pair.shadow.loop.stats
    assert stats.frames > 30
    assert stats.summary().startswith("5 frames, ")
    assert joined_at <= stats.began_at < stats.at < stats.began_at + 1.0
