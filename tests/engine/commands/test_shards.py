"""Shards of a take: joined they are the film of one render, and one that was killed is rendered again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from tests.engine.show.takes.takes_rig import play_script, press_note
from tests.engine.sounds import RATE, write_wav

from likeness.commands import shards as shards_module
from likeness.commands.play import open_take, render
from likeness.commands.shards import Film, render_shard
from likeness.errors import InputError, OutputError
from likeness.options import QUIET, PictureOptions
from likeness.show.takes.material import hash_material

FRAMES = 71
FPS = 20.0
DEVICE = PictureOptions(device="cpu")


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a take of three sections and a half, here of a second each."""
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("likeness.outputs.video.SECTION_S", 1)
    script = {3: press_note(60, 1.0), 9: lambda show: show.store.set("shift.by", 1.2)}
    # The picture that is frozen in the first part is still seen in the last.
    script[15] = lambda show: show.store.set("master.freeze", True)
    script[50] = lambda show: show.store.set("master.freeze", False)
    play_script(tmp_path, script, FRAMES)
    return tmp_path / "night.take"


class Here:
    """Stands for a process: does its work at once, or is killed by signal 9."""

    kills: Iterator[bool] = iter(())
    pid = 1

    def __init__(self, target: Callable[..., None], args: tuple[Any, ...], name: str) -> None:
        self._work = lambda: target(*args)
        self.sentinel, other = Pipe(duplex=False)
        other.close()
        self.exitcode = 0

    def start(self) -> None:
        if next(self.kills, False):
            self.exitcode = -9
        else:
            self._work()

    def is_alive(self) -> bool:
        return False

    def join(self) -> None:
        self.sentinel.close()


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers work in this process."""
    monkeypatch.setattr(shards_module, "get_context", lambda _: SimpleNamespace(Process=Here))
    monkeypatch.setattr(Here, "kills", iter(()))


def contents(path: Path) -> list[list[bytes]]:
    """Return the film's decoded frames, and its sound."""
    found = []
    with av.open(str(path)) as file:
        for kind in {stream.type for stream in file.streams}:
            file.seek(0)
            found.append([frame.to_ndarray().tobytes() for frame in file.decode(**{kind: 0})])
    return sorted(found, key=len)


@pytest.mark.parametrize("film", ["film.mp4", "film.mkv"])
@pytest.mark.usefixtures("workers")
def test_shards_join_to_the_film_of_one_render(night: Path, tmp_path: Path, film: str) -> None:
    tone = np.sin(np.arange(4 * RATE) * np.linspace(0.03, 0.05, 4 * RATE)).astype(np.float32)
    sound = str(write_wav(tmp_path / "tone.wav", tone))
    options = replace(DEVICE, profile="h264" if film.endswith("mp4") else "vp9", audio=sound)
    render(str(night), output=str(tmp_path / "whole" / film), start="0.25", options=options)
    joined = tmp_path / film
    render(str(night), output=str(joined), start="0.25", shards=3, shard=3, options=options)
    there = next(tmp_path.glob("film.3-of-3-*"))
    before = there.stat().st_mtime_ns, there.read_bytes()
    render(str(night), output=str(joined), start="0.25", shards=3, shard=3, options=options)
    assert (there.stat().st_mtime_ns, there.read_bytes()) == before
    render(str(night), output=str(joined), start="0.25", shards=3, options=options)
    whole = contents(tmp_path / "whole" / film)
    assert max(map(len, whole)) >= FRAMES - 6
    assert contents(joined) == whole
    assert not list(tmp_path.glob("*-of-*"))


@pytest.mark.usefixtures("workers")
def test_a_killed_worker_costs_its_shard_alone(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Here, "kills", iter([False, True]))
    render(str(night), output=str(tmp_path / "film.mp4"), workers=2, options=DEVICE)
    assert "part 2 was ended by signal 9; it is rendered again" in caplog.text
    assert len(contents(tmp_path / "film.mp4")[0]) == FRAMES - 1
    monkeypatch.setattr(Here, "kills", iter([True] * 3))
    with pytest.raises(OutputError, match=r"part 1 of .*film\.mp4 could not be rendered"):
        render(str(night), output=str(tmp_path / "film.mp4"), workers=1, options=DEVICE)


def film_of(take: Path, output: Path, shards: int = 2) -> Film:
    return Film(take, replace(QUIET, outputs=[str(output)], seconds=3.5), FPS, shards, 1)


def test_every_frame_is_in_one_shard_and_each_begins_with_a_section(night: Path, tmp_path: Path) -> None:
    film = film_of(night, tmp_path / "film.mp4", 3)
    assert [film.span(shard) for shard in (1, 2, 3)] == [(0, 20), (20, 40), (40, 70)]


def test_a_shard_that_was_stopped_is_not_taken_for_a_whole_one(night: Path, tmp_path: Path) -> None:
    def stop(take: Path, options: Any) -> bool:
        Path(options.outputs[0]).write_bytes(b"the first half")
        return False

    film = film_of(night, tmp_path / "film.mp4")
    with pytest.raises(OutputError, match="stopped before its end"):
        render_shard(film, 1, stop)
    assert not list(tmp_path.glob("film*"))


def test_shards_of_other_takes_and_options_have_other_names(night: Path, tmp_path: Path) -> None:
    film = film_of(night, tmp_path / "film.mp4")
    other = tmp_path / "other.take"
    other.write_bytes(night.read_bytes() + b"more")
    names = {
        each.part(1)
        for each in (
            film,
            replace(film, take=other),
            replace(film, fps=25.0),
            replace(film, options=replace(film.options, size=(64, 64))),
            replace(film, options=replace(film.options, threads=2)),
            replace(film, options=replace(film.options, device="cpu")),
        )
    }
    assert len(names) == 5


def test_shards_made_with_another_plugin_module_or_sound_of_the_same_name_have_other_names(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, options = open_take(str(night), replace(QUIET, outputs=["film.mp4"], seconds=3.5))
    sound, plugin = tmp_path / "tone.wav", tmp_path / "extra.py"
    plugin.write_text("import tints_of_mine")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "tints_of_mine.py").write_text("first = 1")
    write_wav(sound, np.zeros(100, np.float32))
    options = replace(options, audio=str(sound), plugins=[*options.plugins, plugin])
    film = Film(night, options, FPS, 2, 1)
    hashes = [hash_material(take, options)]
    write_wav(sound, np.ones(100, np.float32))
    hashes.append(hash_material(take, options))
    (tmp_path / "tints_of_mine.py").write_text("first = 2")
    hashes.append(hash_material(take, options))
    plugin.write_text("first = 2")
    hashes.append(hash_material(take, options))
    assert hash_material(take, options) == hashes[-1]
    assert len({replace(film, material=each).part(1) for each in hashes}) == 4


@pytest.mark.parametrize(
    ("output", "shards", "shard", "said"),
    [
        ("film.mp4", None, 1, "one of --shards"),
        ("film.mp4", 2, 3, "one of --shards"),
        ("film.gif", 2, None, "only films"),
        ("film.mp4", 9, None, "give --shards 4 or less"),
    ],
)
def test_what_cannot_be_cut_is_refused(
    night: Path, tmp_path: Path, output: str, shards: int | None, shard: int | None, said: str
) -> None:
    with pytest.raises((InputError, OutputError), match=said):
        render(str(night), output=str(tmp_path / output), shards=shards, shard=shard, options=DEVICE)
