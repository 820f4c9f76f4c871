"""The numbers of a show: plain, true, and read without waiting."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import Values, hookimpl, master
from likeness.errors import OutputError
from likeness.host.host import Host
from likeness.outputs.files import open_file
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.show import loop
from likeness.show.clock import FixedClock, Tick
from likeness.show.frame_stats import Timing
from likeness.show.loop import Loop
from likeness.show.renderer import Renderer, RenderThread
from likeness.show.status import ShowStatus, summarise
from likeness.stage import PluginParams, Stage


class Fails(MemoryOutput):
    """A disk that is full from its third picture on."""

    dropped, repeated = 4, 2

    def show(self, picture: Picture, at: float) -> None:
        super().show(picture, at)
        if len(self.pictures) == 3:
            raise OutputError("the disk is full")


class Raises:
    """Fails in every frame."""

    @hookimpl
    def update(self, latent: Tensor, params: Values) -> Tensor:
        raise RuntimeError("boom")


def numbers_of(loop: Loop, host: Host, inputs: dict[str, Any]) -> dict[str, Any]:
    parts = loop.clock.fps, loop.stats, loop.store, loop.transport, loop.master, loop.outputs, host
    return ShowStatus(*parts).numbers(inputs)


@pytest.fixture
def playing(toy: Callable[..., Any]) -> Any:
    store = ParamStore()
    store.declare("master", master.PARAMS)
    store.declare("show", loop.PARAMS)
    host = Host(store)
    host.add("raises", Raises())
    render = RenderThread(Renderer(Stage(toy(), PluginParams(store), torch.device("cpu"), 3), host).draw)
    yield Loop(FixedClock(50), store, render, OutputGroup([MemoryOutput("screen"), Fails("disk")]), (32, 32)), host
    render.close(1.0)


def test_before_the_first_frame_there_are_numbers_already(playing: tuple[Loop, Host]) -> None:
    numbers = numbers_of(*playing, {})
    assert numbers["fps"] == 0.0
    assert numbers["frame_ms"] == {"p50": 0.0, "p99": 0.0, "worst": 0.0}


def test_it_says_what_happened_and_goes_into_json(playing: tuple[Loop, Host]) -> None:
    show, host = playing
    show.store.set("show.tempo", 150)
    show.store.set("master.blackout", True)
    show.frame()
    show.frame()
    numbers = numbers_of(show, host, {"OSC": {"received": 7}})
    assert json.loads(json.dumps(numbers)) == numbers
    assert numbers["outputs"] == [
        {"name": "screen", "dropped": 0, "repeated": 0},
        {"name": "disk", "dropped": 4, "repeated": 2},
    ]
    assert numbers["inputs"]["OSC"]["received"] == 7
    assert numbers["master"]["blackout"] is True
    # One frame of a fade of half a second has passed.
    assert numbers["master"]["level"] == pytest.approx(1 - 1 / 25)
    plugin = numbers["plugins"][0]
    assert (plugin["name"], plugin["strikes"], plugin["bypassed"]) == ("raises", 2, False)
    assert plugin["cost_ms"] > 0
    for _ in range(60):
        show.frame()
    numbers = numbers_of(show, host, {})
    assert numbers["frames"] == 62
    assert numbers["fps"] == pytest.approx(50.0)
    assert numbers["closed_outputs"] == ["disk"]
    assert [output["name"] for output in numbers["outputs"]] == ["screen"]
    assert numbers["plugins"][0]["bypassed"] is True
    assert numbers["tempo"]["bpm"] == 150.0
    assert numbers["tempo"]["beat"] == pytest.approx(61 / 50 * 150 / 60, abs=0.1)


def test_a_recording_says_where_it_is_and_that_it_was_deleted(
    playing: tuple[Loop, Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, host = playing
    monkeypatch.setattr("likeness.outputs.disk_file.SYNC_S", 0.0)
    show.outputs.add(open_file(tmp_path / "film.mkv", 50.0, offline=True))
    show.frame()

    def told() -> object:
        return numbers_of(show, host, {})["outputs"][-1]["file"]

    assert told() == str(tmp_path / "film.mkv")
    (tmp_path / "film.mkv").unlink()
    show.outputs.close()
    (recording,) = show.outputs.recordings
    assert recording.find_result() is None


def test_the_spread_is_that_of_the_last_frames(playing: tuple[Loop, Host]) -> None:
    show, host = playing
    assert isinstance(show.clock.tick(), Tick)
    show.stats.timings.extend(Timing(float(ms), 1.0, ms / 100) for ms in range(100, 0, -1))
    spread = numbers_of(show, host, {})["frame_ms"]
    # Of 1 to 100: half are at or below 50 or 51, and 99 at or below 99 or 100.
    assert spread["p50"] in (50.0, 51.0)
    assert spread["p99"] in (99.0, 100.0)
    assert spread["worst"] == 100.0


NUMBERS: dict[str, Any] = {
    "fps": 59.94,
    "wanted_fps": 60.0,
    "governed_fps": 60.0,
    "repeats": 2,
    "outputs": [{"name": "a", "dropped": 1, "repeated": 5}, {"name": "b", "dropped": 3, "repeated": 0}],
    "tempo": {"bpm": 124.0},
    "master": {"blackout": False, "freeze": False, "brightness": 1.0, "level": 1.0},
}


def test_the_line_of_state_has_the_rate_the_drops_and_the_tempo() -> None:
    assert summarise(NUMBERS) == ("59.9 of 60 fps", "4 dropped, 2 repeated", "124.0 BPM")


def test_the_line_of_state_says_which_rate_plays_where_the_wanted_one_is_not_held() -> None:
    governed = {**NUMBERS, "fps": 29.97, "governed_fps": 30.0}
    assert summarise(governed)[0] == "30.0 of 30 fps (60 wanted)"


def test_the_rate_is_that_of_the_last_seconds(playing: tuple[Loop, Host]) -> None:
    show, host = playing
    show.stats.timings.extend(Timing(1.0, 1.0, frame / 60) for frame in range(300))
    show.stats.timings.extend(Timing(1.0, 1.0, 5.0 + frame / 30) for frame in range(120))
    assert numbers_of(show, host, {})["fps"] == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("master", "said"),
    [
        ({"blackout": True, "level": 0.0}, ("BLACK",)),
        ({"blackout": True, "level": 0.4}, ("going black",)),
        ({"level": 0.4}, ("coming back",)),
        ({"freeze": True, "brightness": 0.6}, ("FROZEN", "brightness 60%")),
    ],
)
def test_the_line_of_state_says_what_the_master_does(master: dict[str, object], said: tuple[str, ...]) -> None:
    assert summarise({**NUMBERS, "master": {**NUMBERS["master"], **master}})[3:] == said
