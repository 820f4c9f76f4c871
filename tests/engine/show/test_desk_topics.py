"""What a whole show tells a desk of itself, as a page gets it."""

import io
import json
import logging
import threading
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine.show.generator_swap_rig import Rig

from likeness.audio.describe import AudioDescription
from likeness.audio.features import AudioFeatures
from likeness.parameters.modulator import Modulator
from likeness.show.camera import describe_visitors

log = logging.getLogger("likeness.test_desk_topics")

VISITED = """
from likeness import hookimpl
from likeness.stage import VisitorState

class Plugin:
    told = [VisitorState("walk", 3.6), VisitorState("waiting")]

    @hookimpl
    def describe_visitors(self):
        if self.told is None:
            raise RuntimeError("nobody is to know")
        return self.told
"""


def read(rig: Rig, name: str) -> Any:
    describe, every_s = rig.show.topics[name]
    assert every_s >= 0.0
    return json.loads(json.dumps(describe()))


def test_every_topic_is_plain_and_the_same_while_nothing_changes(swap_rig: Callable[..., Rig]) -> None:
    rig = swap_rig()
    rig.frame(3)
    wanted = {"midi", "modulation", "audio", "presets", "generator", "camera", "audience", "rack"}
    assert rig.show.topics.keys() == wanted
    for _ in range(20):
        first = {name: read(rig, name) for name in wanted}
    assert {name: read(rig, name) for name in wanted} == first
    assert first["midi"]["available"] is False
    assert first["audio"] == {"on": False}


def test_the_generator_is_told_by_name_while_another_one_opens_and_takes_over(
    swap_rig: Callable[..., Rig], tmp_path: Path
) -> None:
    rig = swap_rig()
    directions = tmp_path / "home" / "weights" / "directions" / "large"
    directions.mkdir(parents=True)
    (directions / "smile.safetensors").write_bytes(b"")
    (directions.parent.parent / "mine.safetensors").write_bytes(b"")
    told = read(rig, "generator")
    assert (told["weights"], told["resolution"], told["loading"], told["error"]) == ("small", 32, None, None)
    assert {"faces-256", "mine"} <= set(told["available"])
    assert told["directions"] == []
    swap, steps, gate = rig.show.generator_swap, [], threading.Event()
    show_step = swap._show_step

    def slowly(name: str, step: str) -> None:
        show_step(name, step)
        steps.append(read(rig, "generator")["loading"])
        assert gate.wait(20)

    swap._show_step = slowly  # type: ignore[method-assign]
    swap.load(str(rig.weights("large")))
    rig.until(lambda: steps)
    gate.set()
    rig.until(lambda: rig.show.generator.info.resolution == 64)
    assert steps == [{"weights": "large", "step": step} for step in ("opening", "warming up", "waiting for the rack")]
    rig.until(lambda: swap.loading is None)
    told = read(rig, "generator")
    assert (told["weights"], told["resolution"], told["directions"]) == ("large", 64, ["smile"])


def test_weights_that_are_not_taken_say_why_until_others_are_asked_for(swap_rig: Callable[..., Rig]) -> None:
    rig = swap_rig()
    rig.show.generator_swap.load(str(rig.weights("broken")))
    rig.until(lambda: rig.show.generator_swap.error)
    told = read(rig, "generator")
    assert told["weights"] == "small"
    assert told["error"].startswith("broken is not taken: ValueError")
    rig.take("twin")
    assert read(rig, "generator")["error"] is None


def test_modulators_are_told_with_their_places(swap_rig: Callable[..., Rig]) -> None:
    rig = swap_rig()
    rig.show.modulation.replace(
        [
            Modulator("shift.by", beats=2.0),
            Modulator("shift.slow"),
            Modulator("shift.by", source="steps", steps=(0.0, 1.0)),
        ]
    )
    told = read(rig, "modulation")
    assert [(each["param"], each["place"], each["source"], each["steps"]) for each in told] == [
        ("shift.by", 0, "lfo", []),
        ("shift.slow", 0, "lfo", []),
        ("shift.by", 1, "steps", [0.0, 1.0]),
    ]
    keys = "param place source amount polarity shape rate beats phase steps band attack release"
    assert set(keys.split()) <= told[0].keys()


def test_visitors_are_told_by_their_state_alone_and_while_their_plugin_is_bypassed(
    swap_rig: Callable[..., Rig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likeness.host.host.VISITORS_S", 0.0)
    rig = swap_rig()
    folder = tmp_path / "home" / "plugins"
    folder.mkdir(parents=True)
    (folder / "visited.py").write_text(VISITED)
    rig.show.rack_editor.add("visited")
    rig.until(lambda: rig.show.host.visitors)
    told = read(rig, "camera")
    assert told == {
        "on": False,
        "live": False,
        "mark": False,
        "visitors": [{"state": "walk", "since": 4}, {"state": "waiting", "since": 0}],
        "words": "2 visitors: 1 at the walk, 1 waiting",
    }
    plugin = rig.plugin("visited")
    rig.store.set("visited.bypass", True)
    plugin.told = [replace(plugin.told[1], state="searching for somebody called Anna Amalia")]
    rig.frame(2)
    (visitor,) = read(rig, "camera")["visitors"]
    assert visitor["state"] == "searching for somebody c"
    plugin.told = None
    rig.frame(2)
    assert read(rig, "camera")["words"] == "no visitor"
    (error,) = [each["error"] for each in read(rig, "rack")["plugins"] if each["name"] == "visited"]
    assert error.startswith("describe_visitors: RuntimeError: nobody is to know (line ")


def test_one_visitor_is_told_as_one() -> None:
    assert describe_visitors(["walk"]) == "one visitor, at the walk"
    assert describe_visitors(["waiting"]) == "one visitor, waiting"


def test_an_onset_is_told_once() -> None:
    heard = AudioFeatures(level=0.123, onsets=(1, 0, 0, 0))
    description = AudioDescription(lambda: heard, on=True)
    description.describe()
    assert description.describe() == {"on": True, "level": 0.12, "bands": [0.0] * 8, "onset": False}
    heard = replace(heard, onsets=(2, 1, 0, 0))
    assert description.describe()["onset"] is True
    assert description.describe()["onset"] is False


def test_a_report_of_a_show_holds_its_parts_and_nothing_of_its_folder(
    swap_rig: Callable[..., Rig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    rig = swap_rig()
    rig.frame(5)
    log.error("weights are in %s", tmp_path)
    with zipfile.ZipFile(io.BytesIO(rig.show.report())) as archive:
        parts = {Path(name).name: archive.read(name).decode() for name in archive.namelist()}
    assert str(tmp_path) not in "".join(parts.values())
    assert "error: weights are in ~" in parts["log.txt"]
    assert tomllib.loads(parts["preset.toml"])["shift"]["by"] == 0.0
    assert len(parts["frames.csv"].splitlines()) == 1 + 5
    assert json.loads(parts["status.json"])["frames"] == 5
    assert [each["name"] for each in json.loads(parts["rack.json"])["plugins"]] == ["toys", "shift"]
    assert "weights: small.toy" in parts["device.txt"]


def test_a_show_that_is_closed_hears_no_more_of_the_log(swap_rig: Callable[..., Rig]) -> None:
    rig = swap_rig()
    log.error("while it plays")
    rig.show.close()
    log.error("after it")
    assert [text for _, _, text in rig.show.log_lines.read()[0]][-1] == "while it plays"
