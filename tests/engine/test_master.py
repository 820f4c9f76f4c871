"""The master: what the last press says is what is seen."""

import numpy as np
import pytest

from likeness import Float, Note
from likeness.events import HeldNotes, Panic
from likeness.master import DOUBLE_PRESS_S, PARAMS, Master, commands
from likeness.parameters.store import ParamStore

GREY = np.full((4, 4, 3), 200, np.uint8)
DT = 1 / 50


@pytest.fixture
def store() -> ParamStore:
    store = ParamStore()
    store.declare("master", PARAMS)
    return store


def play(store: ParamStore, master: Master, frames: int, picture: np.ndarray = GREY) -> list[int]:
    seen = []
    for _ in range(frames):
        store.advance(DT)
        seen.append(int(master.apply(picture, store.snapshot["master"], DT)[0, 0, 0]))
    return seen


def test_untouched_it_hands_on_the_very_same_picture(store: ParamStore) -> None:
    assert Master().apply(GREY, store.snapshot["master"], DT) is GREY


def test_a_blackout_fades_evenly_in_its_time(store: ParamStore) -> None:
    store.set("master.fade", 0.2)
    store.set("master.blackout", True)
    # 0.2 s at 50 frames a second is ten steps of a tenth.
    assert play(store, Master(), 11) == [180, 160, 140, 120, 100, 80, 60, 40, 20, 0, 0]


def test_a_press_in_mid_fade_turns_back_from_where_it_stands(store: ParamStore) -> None:
    master = Master()
    store.set("master.fade", 0.2)
    store.set("master.blackout", True)
    assert play(store, master, 3)[-1] == 140
    store.set("master.blackout", False)
    assert play(store, master, 4) == [160, 180, 200, 200]


def test_a_fade_of_no_length_cuts(store: ParamStore) -> None:
    store.set("master.fade", 0)
    store.set("master.blackout", True)
    assert play(store, Master(), 1) == [0]


def test_freeze_holds_the_picture_and_blackout_still_works(store: ParamStore) -> None:
    master = Master()
    play(store, master, 1)
    store.set("master.freeze", True)
    assert play(store, master, 1, GREY // 2) == [200]
    store.set("master.fade", 0)
    store.set("master.blackout", True)
    assert play(store, master, 1, GREY // 2) == [0]
    store.set("master.freeze", False)
    store.set("master.blackout", False)
    assert play(store, master, 1, GREY // 2) == [100]


def test_what_has_not_changed_is_the_very_same_picture(store: ParamStore) -> None:
    master = Master()
    store.set("master.brightness", 0.5)
    store.finish_glides()
    store.advance(DT)
    dimmed = master.apply(GREY, store.snapshot["master"], DT)
    assert master.apply(GREY, store.snapshot["master"], DT) is dimmed
    assert master.apply(GREY.copy(), store.snapshot["master"], DT) is not dimmed
    store.set("master.brightness", 0.25)
    store.finish_glides()
    store.advance(DT)
    darker = master.apply(GREY, store.snapshot["master"], DT)
    assert (dimmed[0, 0, 0], darker[0, 0, 0]) == (100, 50)


def test_black_is_one_picture_whatever_is_drawn_beneath_it(store: ParamStore) -> None:
    store.set("master.fade", 0)
    store.set("master.blackout", True)
    store.advance(DT)
    master = Master()
    dark = master.apply(GREY, store.snapshot["master"], DT)
    assert not dark.any()
    assert master.apply(GREY // 2, store.snapshot["master"], DT) is dark
    assert master.apply(GREY[:2], store.snapshot["master"], DT).shape == (2, 4, 3)


def test_brightness_scales_and_rounds(store: ParamStore) -> None:
    store.set("master.brightness", 0.333)
    store.finish_glides()
    assert play(store, Master(), 1) == [round(200 * 0.333)]


def test_a_stalled_show_is_dark_in_time_all_the_same(store: ParamStore) -> None:
    store.set("master.fade", 1.0)
    store.set("master.blackout", True)
    store.advance(0.1)
    assert Master().apply(GREY, store.snapshot["master"], 1.0).max() == 0


class Hand:
    """Presses the pad at times of its own."""

    def __init__(self, store: ParamStore) -> None:
        self.at = 0.0
        self.master = Master(lambda: self.at)
        store.on_toggle("master.blackout", self.master.press)
        store.set("master.fade", 2.0)
        self.store = store

    def press(self, at: float) -> int:
        """Return how bright the frame after it is."""
        self.at = at
        self.store.toggle("master.blackout")
        return play(self.store, self.master, 1)[0]


def test_a_press_fades_and_a_second_one_soon_after_cuts_to_the_same_end(store: ParamStore) -> None:
    hand = Hand(store)
    assert hand.press(0.0) == 198
    assert hand.press(DOUBLE_PRESS_S - 0.01) == 0
    assert hand.press(10.0) == 2
    assert hand.press(10.0 + DOUBLE_PRESS_S - 0.01) == 200


def test_a_second_press_after_a_while_turns_the_fade_back(store: ParamStore) -> None:
    hand = Hand(store)
    hand.press(0.0)
    assert hand.press(DOUBLE_PRESS_S + 0.01) == 200
    assert not hand.master.dark


def test_a_third_press_is_a_first_one_again(store: ParamStore) -> None:
    hand = Hand(store)
    assert [hand.press(at) for at in (0.0, 0.1, 0.2)] == [198, 0, 2]


def test_a_press_after_another_surface_has_changed_the_blackout_is_a_first_one(store: ParamStore) -> None:
    hand = Hand(store)
    hand.press(0.0)
    store.set("master.blackout", False)
    assert play(store, hand.master, 1) == [200]
    assert hand.press(0.2) == 198


def test_a_button_that_sends_its_release_presses_once(store: ParamStore) -> None:
    press = commands(store)["/master/press"]
    press(1)
    press(0)
    store.advance(DT)
    assert store.snapshot["master"]["blackout"] is True
    press()
    store.advance(DT)
    assert store.snapshot["master"]["blackout"] is False


def test_a_panic_lets_go_of_notes_recalls_and_freeze_and_leaves_the_dark(store: ParamStore) -> None:
    store.declare("walk", (Float("speed", 0.0), Float("reach", 0.0, glide=1.0)))
    store.recall({"walk.speed": 1.0}, 2.0)
    store.set("walk.reach", 1.0)
    store.set("master.freeze", True)
    store.set("master.blackout", True)
    store.set("master.brightness", 0.5)
    store.advance(1.0)
    stopped = dict(store.snapshot["walk"])
    # Smoothstep is half-way in its middle.
    assert stopped["speed"] == pytest.approx(0.5)
    commands(store)
    store.set("master.panic", 1)
    for _ in range(50):
        store.advance(0.1)
    assert store.snapshot["walk"] == stopped
    after = {"blackout": True, "freeze": False, "brightness": 0.5, "fade": 0.5, "panic": 0}
    assert store.snapshot["master"] == after


def test_a_panic_releases_the_notes_that_are_down_at_its_place_and_no_others(store: ParamStore) -> None:
    held = HeldNotes()
    commands(store)
    assert held.add_releases([Note(60, 1.0), Note(64, 0.5, 2), Note(60, 0.0)])[-1] == Note(60, 0.0)
    store.post(Note(67, 1.0))
    store.set("master.panic", 1)
    store.post(Note(72, 1.0))
    played = held.add_releases(store.advance(DT))
    assert played == [Note(67, 1.0), Note(64, 0.0, 2), Note(67, 0.0), Panic(), Note(72, 1.0)]
    store.set("master.panic", 1)
    assert held.add_releases(store.advance(DT)) == [Note(72, 0.0), Panic()]
    # The release of a button is no press.
    store.set("master.panic", 0)
    assert held.add_releases(store.advance(DT)) == []


def test_a_cut_that_another_surface_takes_back_in_the_same_frame_fades_back(store: ParamStore) -> None:
    hand = Hand(store)
    hand.press(0.0)
    play(store, hand.master, 49)
    store.toggle("master.blackout")
    store.set("master.blackout", False)
    # Half-way down, one fiftieth of a second of a fade of two up again.
    assert play(store, hand.master, 1) == [102]
