"""Cues that are labelled, moved, brought back, and what surfaces are told of them."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.engine.cues.cues_rig import FPS, Rig

from likeness.cues import bank as bank_module
from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import Cue, CueBank, CueFace
from likeness.errors import CueError
from likeness.files.paths import user_dir

TIMEOUT_S = 20.0


def reloaded(rig: Rig, bank: str = "main") -> CueBank:
    assert rig.memory.writer.flush(TIMEOUT_S)
    return CueBank(user_dir("cues") / bank, BackgroundWriter())


def cues_of(rig: Rig) -> Any:
    return rig.memory.describe_cues()["cues"]


def store(rig: Rig, *names: object) -> None:
    """Store cues with five frames between them."""
    for name in names:
        rig.play(5)
        rig.tell("/cue/store", name)
        rig.play(1)


def test_a_label_stays_with_its_cue_over_a_restart_a_move_and_another_store(rig: Rig) -> None:
    store(rig, 5)
    rig.tell("/cue/label", 5, " eyes ")
    rig.tell("/cue/move", 5, 6)
    store(rig, 6)
    assert reloaded(rig)["6"].label == "eyes"
    assert cues_of(rig)["6"]["label"] == "eyes"
    rig.tell("/cue/label", 6, 7)
    assert cues_of(rig)["6"]["label"] == "7"
    rig.tell("/cue/label", 6, "")
    assert reloaded(rig)["6"].label == ""


@pytest.mark.parametrize("label", ["a" * 41, "two\nlines", True, None])
def test_what_is_no_label_is_refused(rig: Rig, label: object) -> None:
    store(rig, 5)
    with pytest.raises(CueError, match="1 to 40 characters"):
        rig.tell("/cue/label", 5, label)
    with pytest.raises(CueError, match="no cue '6'"):
        rig.tell("/cue/label", 6, "eyes")


def test_a_cue_that_is_labelled_in_the_bundle_that_stores_it_keeps_the_label(rig: Rig) -> None:
    rig.play(3)
    rig.tell("/cue/store", 5)
    rig.tell("/cue/label", 5, "eyes")
    rig.tell("/cue/move", 5, "night")
    rig.play(1)
    again = reloaded(rig)
    assert again.names() == ["night"]
    assert again["night"].label == "eyes"


def test_a_moved_cue_leaves_its_place_and_changes_places_with_another(rig: Rig) -> None:
    store(rig, 1, 2)
    faces = {name: rig.memory.cues.bank[name].face.latent for name in ("1", "2")}
    rig.tell("/cue/move", 1, 2)
    rig.tell("/cue/move", 1, 64)
    again = reloaded(rig)
    assert again.names() == ["2", "64"]
    assert torch.equal(again["2"].face.latent, faces["1"])
    assert torch.equal(again["64"].face.latent, faces["2"])
    with pytest.raises(CueError, match="no cue '1'"):
        rig.tell("/cue/move", 1, 3)
    with pytest.raises(CueError, match="numbers from 1 to 64"):
        rig.tell("/cue/move", 2, 65)


def test_a_recall_travels_on_while_its_cue_is_moved_and_next_goes_on_from_there(rig: Rig) -> None:
    store(rig, 1, 2, 20)
    goal = rig.memory.cues.bank["1"].face.latent
    rig.play(20)
    rig.tell("/cue/recall", 1, 0.5)
    rig.play(5)
    rig.tell("/cue/move", 1, 9)
    assert cues_of(rig)["9"]["state"] == "fading"
    assert torch.equal(rig.play(20), goal)
    rig.play(2)
    assert {name: cue["state"] for name, cue in cues_of(rig).items()} == {"2": "stored", "20": "stored", "9": "active"}
    rig.store.set("cue.next", 1)
    rig.play(2)
    assert cues_of(rig)["20"]["state"] == "fading"


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_move_that_breaks_off_loses_no_cue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    writer = BackgroundWriter()
    bank = CueBank(tmp_path, writer)
    for name, level in (("1", 1.0), ("2", 2.0)):
        bank[name] = cue = Cue(face=CueFace(torch.full((2, 4), level)))
        bank.save(cue)
    assert writer.flush(TIMEOUT_S)
    writes, write = [0], bank_module.write_cue

    def break_off(*args: Any) -> None:
        writes[0] += 1
        if writes[0] == failing:
            raise CueError("the power went")
        write(*args)

    monkeypatch.setattr(bank_module, "write_cue", break_off)
    bank.move("1", "2")
    writer.close()
    assert writes[0] == failing
    again = CueBank(tmp_path, BackgroundWriter())
    levels = {float(cue.face.latent.mean()) for cue in again.cues().values() if cue.face.latent is not None}
    assert levels == {1.0, 2.0}


def test_what_was_overwritten_or_cleared_by_mistake_comes_back_with_its_label(rig: Rig) -> None:
    store(rig, 5)
    rig.tell("/cue/label", 5, "eyes")
    first, picture = rig.memory.cues.bank["5"], cues_of(rig)["5"]["picture"]
    store(rig, 5)
    second = rig.memory.cues.bank["5"]
    assert second is not first
    rig.store.set("cue.restore", 1)
    rig.play(1)
    assert rig.memory.cues.bank["5"] is first
    assert torch.equal(reloaded(rig)["5"].face.latent, first.face.latent)
    assert cues_of(rig)["5"] == {"state": "stored", "label": "eyes", "picture": picture or first.picture.revision}
    rig.store.set("cue.restore", 1)
    rig.play(1)
    assert rig.memory.cues.bank["5"] is second, "a second press brings back what the first one replaced"
    rig.tell("/cue/clear", 5)
    assert "5" not in reloaded(rig)
    rig.store.set("cue.restore", 1)
    rig.play(1)
    assert torch.equal(reloaded(rig)["5"].face.latent, second.face.latent)


def test_a_press_that_bounces_does_not_lose_what_it_overwrites(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.store.set("cue.restore", 1)
    rig.play(1)
    assert "nothing to bring back" in caplog.text
    store(rig, 5)
    first = rig.memory.cues.bank["5"]
    rig.tell("/cue/store", 5)
    rig.tell("/cue/store", 5)
    rig.play(1)
    rig.store.set("cue.restore", 1)
    rig.play(1)
    assert rig.memory.cues.bank["5"] is first


def test_cues_of_one_number_in_two_banks_are_both_written(rig: Rig) -> None:
    rig.play(3)
    # The writer is kept busy, so that both wait for it at once.
    done = threading.Event()
    rig.memory.writer.submit("a slow disk", lambda: done.wait(TIMEOUT_S))
    rig.tell("/cue/store", 5)
    rig.play(1)
    rig.tell("/cue/bank", "friday")
    rig.tell("/cue/store", 5)
    rig.play(1)
    done.set()
    assert reloaded(rig, "main").names() == ["5"]
    assert reloaded(rig, "friday").names() == ["5"]


def test_surfaces_are_told_of_the_bank_in_plain_json_and_anew_only_when_something_changed(rig: Rig) -> None:
    assert rig.memory.describe_cues() == {"bank": "main", "banks": ["main"], "cues": {}}
    store(rig, 5, "night")
    assert rig.memory.writer.flush(TIMEOUT_S)
    told = rig.memory.describe_cues()
    assert json.loads(json.dumps(told)) == told
    assert list(cues_of(rig)) == ["5", "night"]
    assert isinstance(cues_of(rig)["5"]["picture"], int)
    rig.play(FPS)
    assert rig.memory.describe_cues() is told
    rig.tell("/cue/recall", 5, 0.1)
    rig.play(2)
    assert cues_of(rig)["5"]["state"] == "fading"
    rig.play(10)
    assert cues_of(rig)["5"]["state"] == "active"
    rig.tell("/cue/bank", "friday")
    assert rig.memory.describe_cues() == {"bank": "friday", "banks": ["friday", "main"], "cues": {}}
    (user_dir("cues") / "lost+found").mkdir()
    rig.tell("/cue/bank", "main")
    assert rig.memory.describe_cues()["banks"] == ["friday", "main"]
    assert {cue["state"] for cue in cues_of(rig).values()} == {"stored"}
