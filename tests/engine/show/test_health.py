"""What a monitor is told of a show, and when somebody has to come."""

import json
from pathlib import Path
from typing import Any

import pytest

from likeness.host.slot import Slot
from likeness.show.health import FULL_BYTES, Health
from likeness.show.heartbeat import Heartbeat

PLENTY = 10 * FULL_BYTES


class Rig:
    """A show that is what a test says, looked at by a clock of its own."""

    def __init__(self) -> None:
        self.at, self.pictures, self.free = 0.0, 0, PLENTY
        self.look, self.held, self.lost = "", False, ()
        self.moves = True
        self.numbers: dict[str, Any] = {
            "wanted_fps": 60.0,
            "governed_fps": 60.0,
            "outputs": [],
            "plugins": [],
            "inputs": {},
        }
        self.rack: list[Slot] = []
        self.health = Health(self._beat, lambda: self.numbers, lambda: self.rack, self._room, lambda: self.at)

    def play(self, seconds: int, rate: int = 60) -> None:
        """Play on at so many new pictures a second."""
        for _ in range(seconds):
            self.at += 1.0
            self.pictures += rate
            self.health.look()

    @property
    def told(self) -> tuple[bool, str, list[tuple[str, str]]]:
        """Return whether nobody need come, the state, and the level and the part of each reason."""
        well, text = self.health.answer()
        said = json.loads(text)
        return well, said["state"], [(reason["level"], reason["what"]) for reason in said["reasons"]]

    def _beat(self) -> Heartbeat:
        mark = self.pictures if self.moves else 1
        return Heartbeat(self.pictures, mark, self.look, self.held, self.lost)

    def _room(self, folder: Path) -> int:
        return self.free


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_show_that_plays_is_well_and_one_that_starts_is_not_yet(rig: Rig) -> None:
    rig.play(5, rate=0)
    assert rig.told == (False, "starting", [])
    rig.play(100)
    assert rig.told == (True, "ok", [])


@pytest.mark.parametrize(("look", "moves"), [("black", True), ("of one colour", True), ("", False)])
def test_a_picture_that_shows_nothing_new_is_an_error_unless_the_master_is_told_so(
    rig: Rig, look: str, moves: bool
) -> None:
    rig.play(70)
    rig.look, rig.moves = look, moves
    rig.play(50)
    assert rig.told == (True, "ok", [])
    rig.play(30)
    assert rig.told == (False, "error", [("error", "picture")])
    rig.held = True
    rig.play(1)
    assert rig.told == (True, "ok", [])


def test_silence_and_a_lost_output_are_errors(rig: Rig) -> None:
    rig.play(20)
    rig.play(12, rate=0)
    assert rig.told == (False, "error", [("error", "picture")])
    rig.lost = ("video a.mp4",)  # type: ignore[assignment]
    rig.play(1)
    assert rig.told == (False, "error", [("error", "output")])


@pytest.mark.parametrize(
    ("rate", "governed", "level"),
    [(31, 60.0, ""), (29, 60.0, "error"), (20, 20.0, "warning"), (9, 20.0, "error")],
)
def test_a_rate_is_judged_by_a_minute_and_by_what_the_machine_holds(
    rig: Rig, rate: int, governed: float, level: str
) -> None:
    rig.play(5)
    rig.numbers["governed_fps"] = governed
    rig.play(50, rate)
    assert rig.told == (True, "ok", [])
    rig.play(70, rate)
    assert rig.told == (level != "error", level or "ok", [(level, "rate")] if level else [])


def test_a_plugin_that_the_host_bypassed_is_a_warning_and_one_bypassed_by_hand_is_none(rig: Rig) -> None:
    rig.rack = [Slot("mirror", object(), {}), Slot("walk", object(), {}, bypassed_by_host=True)]
    rig.numbers["plugins"] = [{"name": slot.name, "bypassed": True} for slot in rig.rack]
    rig.play(10)
    assert rig.told == (True, "warning", [("warning", "plugin")])
    assert "walk is bypassed: it failed again and again" in rig.health.answer()[1]
    rig.numbers["plugins"][1]["bypassed"] = False
    rig.play(1)
    assert rig.told == (True, "ok", [])


def test_a_disk_is_a_warning_while_there_is_time(rig: Rig) -> None:
    rig.numbers["outputs"] = [{"name": "video a.mp4", "file": "a.mp4", "disk_full_in_minutes": 9.0}]
    rig.play(10)
    assert rig.told == (True, "warning", [("warning", "disk")])
    rig.numbers["outputs"][0]["disk_full_in_minutes"] = 1.0
    rig.play(1)
    assert rig.told == (False, "error", [("error", "disk")])
    rig.numbers["outputs"], rig.free = [], FULL_BYTES - 1
    rig.play(20)
    assert rig.told == (True, "warning", [("warning", "disk")])


def test_a_receiver_of_pictures_that_is_gone_is_a_warning_until_it_is_back(rig: Rig) -> None:
    rig.numbers["outputs"] = [{"name": "rtmp://host", "trouble": "Connection refused"}]
    rig.play(10)
    assert rig.told == (True, "warning", [("warning", "output")])
    rig.numbers["outputs"][0]["trouble"] = None
    rig.play(1)
    assert rig.told == (True, "ok", [])


def test_time_in_which_the_machine_slept_does_not_count(rig: Rig) -> None:
    rig.play(100)
    rig.at += 3600.0
    rig.play(10)
    assert rig.told == (True, "ok", [])


def test_a_show_at_which_nobody_looks_is_no_healthy_one(rig: Rig) -> None:
    rig.play(100)
    rig.at += 60.0
    assert rig.told == (False, "error", [("error", "show")])


@pytest.mark.parametrize(
    ("told", "level"),
    [
        ({"follows": "10.0.0.5:9001"}, None),
        ({"took over from": "10.0.0.5:9001"}, "warning"),
        ({"took over from": "10.0.0.5:9001", "rival": "10.0.0.5:9001"}, "error"),
        ({"shadows": 0}, "warning"),
        ({"shadows": 1}, None),
    ],
)
def test_a_machine_that_is_gone_or_plays_against_this_one_is_told(
    rig: Rig, told: dict[str, object], level: str | None
) -> None:
    rig.numbers["inputs"] = {"shadow": told}
    rig.play(100)
    assert rig.told[2] == ([(level, "shadow")] if level else [])
