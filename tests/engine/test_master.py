"""The master: what the last press says is what is seen."""

import numpy as np
import pytest

from likeness.master import PARAMS, Master
from likeness.store import ParamStore

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


def test_brightness_scales_and_rounds(store: ParamStore) -> None:
    store.set("master.brightness", 0.333)
    store.settle()
    assert play(store, Master(), 1) == [round(200 * 0.333)]
