"""The pictures of cues, in a show: what was shown when they were stored, or when they arrived."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.engine.cues.cues_rig import FPS, Rig
from tests.engine.cues.test_latent_stage_shows_private import Visitor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import CueBank
from likeness.cues.cue_file import read_cue, read_picture, write_cue
from likeness.files.paths import user_dir
from likeness.picture import Picture
from likeness.toolkit.latent_file import read_latent

TIMEOUT_S = 20.0


def folder() -> Path:
    return user_dir("cues") / "main"


def picture_of(rig: Rig, name: str) -> Picture | None:
    """Return the cue's decoded picture, once all is written."""
    assert rig.memory.writer.flush(TIMEOUT_S)
    jpeg = rig.memory.picture_of_cue("main", name)
    if jpeg is None:
        return None
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def is_like(picture: Picture | None, wanted: Picture) -> bool:
    return picture is not None and picture.shape == wanted.shape and np.abs(picture - 1.0 * wanted).mean() < 4


def test_a_cue_bears_the_picture_that_was_shown_and_still_does_after_a_restart(rig: Rig) -> None:
    rig.play(10)
    shown = rig.out.pictures[-1]
    rig.tell("/cue/store", 5)
    rig.play(2 * FPS)
    assert is_like(picture_of(rig, "5"), shown)
    assert not is_like(picture_of(rig, "5"), rig.out.pictures[-1]), "the test can tell two pictures apart"
    again = CueBank(folder(), BackgroundWriter())["5"].picture.thumbnail
    assert again is not None
    assert again.jpeg == rig.memory.picture_of_cue("main", "5")


def test_a_blackout_darkens_no_picture_of_a_cue(rig: Rig) -> None:
    rig.store.set("master.blackout", True)
    rig.play(2 * FPS)
    assert rig.out.pictures[-1].max() == 0
    rig.tell("/cue/store", 5)
    rig.play(1)
    picture = picture_of(rig, "5")
    assert picture is not None
    assert picture.max() > 50


def test_a_cue_that_is_stored_while_frozen_has_the_face_and_the_picture_that_are_seen(rig: Rig) -> None:
    face, shown = rig.play(10), rig.out.pictures[-1]
    rig.store.set("master.freeze", True)
    rig.store.set("drift.turn", 0.3)
    # A hand plays on under the frozen picture.
    rig.play(FPS)
    assert np.array_equal(rig.out.pictures[-1], shown)
    assert not is_like(rig.loop.picture, shown), "what is drawn meanwhile is another picture"
    rig.tell("/cue/store", 5)
    rig.play(1)
    assert is_like(picture_of(rig, "5"), shown)
    assert torch.equal(read_cue(folder() / "5.safetensors")[1], face)


def test_what_is_frozen_and_stored_in_one_frame_is_what_stays_on_the_screen(rig: Rig) -> None:
    face = rig.play(10)
    rig.store.set("master.freeze", True)
    rig.tell("/cue/store", 5)
    rig.play(3)
    assert is_like(picture_of(rig, "5"), rig.out.pictures[-1])
    assert torch.equal(read_cue(folder() / "5.safetensors")[1], face)


def test_a_cue_with_a_picture_is_read_by_what_knows_of_none(rig: Rig) -> None:
    shown = rig.play(5)
    rig.tell("/cue/store", 5)
    rig.play(1)
    assert picture_of(rig, "5") is not None
    header, face = read_cue(folder() / "5.safetensors")
    assert set(header) == {"values", "rack", "modulation"}
    assert torch.equal(face, shown)
    assert torch.equal(read_latent(folder() / "5.safetensors", *shown.shape), shown)


def test_a_cue_that_was_stored_before_a_visitor_has_left_gets_its_picture_when_it_is_recalled(
    make: Callable[..., Rig],
) -> None:
    rig = make(visitor=Visitor(10, 20))
    rig.play(15)
    rig.tell("/cue/store", 5)
    rig.play(1)
    assert picture_of(rig, "5") is None
    assert read_picture(folder() / "5.safetensors") is None
    rig.play(10)
    rig.tell("/cue/recall", 5, 0.2)
    rig.play(20)
    assert picture_of(rig, "5") is not None


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_a_cue_of_an_older_version_gets_the_picture_in_which_it_arrives(rig: Rig, seconds: float) -> None:
    write_cue(folder() / "7.safetensors", {"values": {}, "rack": []}, rig.latents.shown[0] * 0.5 + 0.5)
    rig.tell("/cue/bank", "main")
    rig.play(10)
    assert picture_of(rig, "7") is None
    rig.tell("/cue/recall", 7, seconds)
    rig.play(max(round(seconds * FPS), 1))
    arrived = rig.out.pictures[-1]
    assert picture_of(rig, "7") is None
    rig.play(FPS)
    assert is_like(picture_of(rig, "7"), arrived)
    assert read_picture(folder() / "7.safetensors") == rig.memory.picture_of_cue("main", "7")


def test_a_recall_that_is_led_elsewhere_leaves_no_picture(rig: Rig) -> None:
    write_cue(folder() / "7.safetensors", {"values": {}, "rack": []}, torch.ones_like(rig.latents.shown[0]))
    rig.tell("/cue/bank", "main")
    rig.play(10)
    rig.tell("/cue/recall", 7, 1)
    rig.play(20)
    rig.store.set("history.scrub", 0.99)
    rig.play(2 * FPS)
    assert picture_of(rig, "7") is None


def test_a_cue_of_the_past_bears_the_picture_of_then(rig: Rig) -> None:
    rig.store.set("drift.hz", 0.2)
    for _ in range(4):
        rig.play(FPS)
        assert rig.memory._past.flush(TIMEOUT_S)
    rig.tell("/history/store", 9, -2, "s")
    assert rig.memory.describe_cues()["cues"] == {"9": {"state": "stored", "label": "", "picture": None}}
    rig.play(1)
    assert rig.memory.describe_cues()["cues"] != {"9": {"state": "stored", "label": "", "picture": None}}
    then = rig.out.pictures[2 * FPS - 1]
    assert is_like(picture_of(rig, "9"), then)
    assert not is_like(picture_of(rig, "9"), rig.out.pictures[-1])


def test_a_picture_is_read_from_a_bank_that_is_not_played_and_no_name_leads_out_of_it(rig: Rig) -> None:
    rig.play(3)
    rig.tell("/cue/store", 5)
    rig.play(1)
    assert picture_of(rig, "5") is not None
    jpeg = rig.memory.picture_of_cue("main", "5")
    rig.tell("/cue/bank", "friday")
    assert rig.memory.picture_of_cue("main", "5") == jpeg
    assert rig.memory.picture_of_cue("friday", "5") is None
    for bank, name in (("..", "5"), ("main", "../main/5"), ("main/../main", "5"), ("", "5"), ("main", "")):
        assert rig.memory.picture_of_cue(bank, name) is None
