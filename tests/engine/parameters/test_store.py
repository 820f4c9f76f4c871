"""The store: an inbox from any thread, glides, recalls, one snapshot a frame."""

import math
import threading

import pytest

from likeness import Bool, Float, Note, Trigger
from likeness.errors import ParamError
from likeness.parameters.store import ParamStore


@pytest.fixture
def store() -> ParamStore:
    store = ParamStore()
    store.declare("walk", (Float("speed", 0.0), Float("reach", 0.0, max=2.0, glide=0.3), Trigger("new")))
    store.declare("master", (Bool("freeze"),))
    return store


def test_a_value_shows_in_the_next_snapshot_and_never_in_an_old_one(store: ParamStore) -> None:
    before = store.snapshot
    store.set("walk.speed", 0.5)
    assert store.snapshot["walk"]["speed"] == 0.0
    store.advance(0.01)
    assert store.snapshot["walk"]["speed"] == 0.5
    assert before["walk"]["speed"] == 0.0


def test_the_latest_of_many_values_wins(store: ParamStore) -> None:
    for value in (0.1, 0.9, 0.4):
        store.set("walk.speed", value)
    store.advance(0.01)
    assert store.snapshot["walk"]["speed"] == 0.4


@pytest.mark.parametrize("fps", [24, 60, 144])
def test_a_glide_has_made_95_percent_of_its_way_after_its_time_at_any_rate(store: ParamStore, fps: int) -> None:
    store.set("walk.reach", 2.0)
    for _ in range(round(0.3 * fps)):
        store.advance(1 / fps)
    # Three time constants of a one-pole filter.
    expected = 2.0 * (1 - math.exp(-3 * round(0.3 * fps) / fps / 0.3))
    assert store.snapshot["walk"]["reach"] == pytest.approx(expected, rel=1e-6)
    for _ in range(2 * fps):
        store.advance(1 / fps)
    assert store.snapshot["walk"]["reach"] == 2.0


def test_presses_add_up_until_a_snapshot_was_seen(store: ParamStore) -> None:
    store.set("walk.new", 1)
    store.advance(0.01)
    store.set("walk.new", 1)
    store.advance(0.01, seen=False)
    assert store.snapshot["walk"]["new"] == 2
    store.advance(0.01)
    assert store.snapshot["walk"]["new"] == 0


def test_a_recall_travels_in_its_time_and_leaves_and_arrives_gently(store: ParamStore) -> None:
    assert store.recall({"walk.speed": 1.0}, seconds=1.0) == []
    seen = []
    for _ in range(10):
        store.advance(0.1)
        seen.append(float(store.snapshot["walk"]["speed"]))
    assert seen == pytest.approx([3 * t**2 - 2 * t**3 for t in (k / 10 for k in range(1, 11))])


def test_a_hand_on_a_control_ends_its_recall_and_not_the_others(store: ParamStore) -> None:
    store.recall({"walk.speed": 1.0, "walk.reach": 2.0}, seconds=1.0)
    store.advance(0.5)
    store.set("walk.speed", 0.2)
    store.advance(0.5)
    assert (store.snapshot["walk"]["speed"], store.snapshot["walk"]["reach"]) == (0.2, 2.0)


def test_a_recall_applies_what_fits_and_names_the_rest(store: ParamStore) -> None:
    refused = store.recall({"walk.sped": 1, "walk.speed": "x", "master.freeze": True})
    store.advance(0)
    assert store.snapshot["master"]["freeze"] is True
    assert len(refused) == 2
    assert "nearest: walk.speed" in refused[0]
    assert refused[1].startswith("walk.speed: 'x' is not")


def test_targets_are_saved_and_not_where_a_glide_stands(store: ParamStore) -> None:
    store.set("walk.reach", 2.0)
    store.advance(0.01)
    assert store.targets() == {"walk": {"speed": 0.0, "reach": 2.0}, "master": {"freeze": False}}


def test_an_unknown_address_answers_with_the_nearest(store: ParamStore) -> None:
    with pytest.raises(ParamError, match=r"walk.sped.*nearest: walk.speed"):
        store.set("walk.sped", 1)


def test_events_arrive_once_and_in_order(store: ParamStore) -> None:
    notes = [Note(60, 1.0), Note(61, 0.5)]
    for note in notes:
        store.post(note)
    assert store.advance(0.01) == tuple(notes)
    assert store.advance(0.01) == ()


def test_a_toggle_counts_from_what_came_before_it(store: ParamStore) -> None:
    for _ in range(3):
        store.toggle("master.freeze")
    store.advance(0)
    assert store.snapshot["master"]["freeze"] is True


def test_an_edit_for_a_plugin_that_has_left_is_dropped(store: ParamStore) -> None:
    store.set("walk.reach", 1.0)
    store.withdraw("walk")
    store.advance(0.01)
    store.advance(0.01)
    assert set(store.snapshot) == {"master"}


def test_nothing_is_lost_between_threads(store: ParamStore) -> None:
    presses, threads, seen = 500, 4, 0

    def press() -> None:
        for _ in range(presses):
            store.set("walk.new", 1)

    hands = [threading.Thread(target=press) for _ in range(threads)]
    for hand in hands:
        hand.start()
    while any(hand.is_alive() for hand in hands):
        store.advance(0)
        seen += int(store.snapshot["walk"]["new"])
    store.advance(0)
    assert seen + int(store.snapshot["walk"]["new"]) == presses * threads


def test_a_show_begins_at_its_values_and_does_not_glide_there(store: ParamStore) -> None:
    store.set("walk.reach", 1.5)
    store.finish_glides()
    assert store.snapshot["walk"]["reach"] == 1.5


def test_an_owner_that_declares_a_name_twice_is_refused(store: ParamStore) -> None:
    with pytest.raises(ParamError, match="declares x twice"):
        store.declare("other", (Bool("x"), Bool("x")))


def test_an_edit_that_fails_costs_neither_the_frame_nor_the_edits_behind_it(
    store: ParamStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.run(lambda: [].pop())
    store.set("walk.speed", 0.5)
    store.advance(0.01)
    assert store.snapshot["walk"]["speed"] == 0.5
    assert "a change between two frames failed" in caplog.text
