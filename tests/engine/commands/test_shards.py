"""Shards of a take: rendered one by one, joined without a seam, and again where a worker was killed."""

import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.engine.show.takes.takes_rig import play_script, press_note
from tests.engine.sounds import write_wav

from likeness.commands.play import render
from likeness.commands.shards import render_shards, without
from likeness.errors import InputError, OutputError
from likeness.options import QUIET, PictureOptions
from likeness.show.takes.shards import shard_path, shard_span

FRAMES = 31
DEVICE = PictureOptions(device="cpu")


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    script = {3: press_note(60, 1.0), 9: lambda show: show.store.set("shift.by", 1.2)}
    play_script(tmp_path, script, FRAMES)
    return tmp_path / "night.take"


def pictures_of(path: Path) -> "list[np.ndarray[Any, Any]]":
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def packets_of(path: Path) -> list[tuple[float, bool]]:
    with av.open(str(path)) as file:
        return [
            (float(packet.pts * packet.time_base), packet.is_keyframe)
            for packet in file.demux(video=0)
            if packet.pts is not None and packet.time_base is not None
        ]


def test_shards_join_to_the_frames_of_the_whole(night: Path, tmp_path: Path) -> None:
    lossless = replace(DEVICE, profile="ffv1")
    render(str(night), output=str(tmp_path / "whole.mkv"), options=lossless)
    joined = tmp_path / "joined.mkv"
    for shard in (3, 1, 2):
        render(str(night), output=str(joined), shards=3, shard=shard, options=lossless)
    render(str(night), output=str(joined), shards=3, options=lossless)
    whole, again = pictures_of(tmp_path / "whole.mkv"), pictures_of(joined)
    assert len(whole) == len(again) == FRAMES - 1
    assert all(np.array_equal(a, b) for a, b in zip(whole, again, strict=True))
    assert not list(tmp_path.glob("*-of-*"))


def test_a_film_of_shards_has_every_frame_at_its_time_and_is_the_same_twice(night: Path, tmp_path: Path) -> None:
    films = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for film in films:
        for shard in (1, 2):
            render(str(night), output=str(film), shards=2, shard=shard, options=DEVICE)
        render(str(night), output=str(film), shards=2, options=DEVICE)
    times = sorted(packets_of(films[0]))
    assert [time for time, _ in times] == pytest.approx([index / 20.0 for index in range(FRAMES - 1)], abs=1e-3)
    assert times[(FRAMES - 1) // 2][1]
    assert films[0].read_bytes() == films[1].read_bytes()


def test_an_absent_shard_is_named(night: Path, tmp_path: Path) -> None:
    render(str(night), output=str(tmp_path / "film.mp4"), shards=2, shard=1, options=DEVICE)
    with pytest.raises(OutputError, match=r"film\.2-of-2\.mp4 is not there; render it with --shard"):
        render(str(night), output=str(tmp_path / "film.mp4"), shards=2, options=DEVICE)
    assert not (tmp_path / "film.mp4").exists()
    for shards, shard in ((None, 1), (2, 3)):
        with pytest.raises(InputError, match="one of --shards"):
            render(str(night), output=str(tmp_path / "film.mp4"), shards=shards, shard=shard, options=DEVICE)


def test_a_killed_worker_costs_its_shard_alone(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    output, asked = tmp_path / "film.mp4", []
    options = replace(QUIET, outputs=[str(output)], seconds=1.5)
    for shard in (1, 2):
        render(str(night), output=str(output), shards=2, shard=shard, options=DEVICE)

    real = subprocess.Popen

    def start(command: list[str], **settings: Any) -> "subprocess.Popen[bytes]":
        asked.append(command[-1])
        # The first worker of the second shard is killed.
        dies = "import os; os.kill(os.getpid(), 9)" if asked == ["1", "2"] else ""
        return real([sys.executable, "-S", "-c", dies], **settings)

    monkeypatch.setattr(subprocess, "Popen", start)
    render_shards(options, 20.0, (None, None, 2), lambda options: None, ["render", str(night)])
    assert asked == ["1", "2", "2"]
    assert "the worker of shard 2 ended with -9; that shard is rendered again" in caplog.text
    assert len(pictures_of(output)) == FRAMES - 1


def test_every_frame_is_in_one_shard() -> None:
    spans = [shard_span(0.5, 2.0, 30.0, shard, 4) for shard in (1, 2, 3, 4)]
    assert spans[0][0] == 0.5
    assert spans[-1][1] == 2.0
    assert all(one[1] == two[0] for one, two in itertools.pairwise(spans))
    with pytest.raises(OutputError, match="too few for 40 shards"):
        [shard_span(0.0, 1.0, 20.0, shard, 40) for shard in range(1, 41)]


def test_a_worker_gets_the_words_of_the_command_but_those_of_its_own() -> None:
    words = ["render", "a.take", "--workers", "2", "-o", "b.mp4", "--shards=4"]
    assert without(words, ("--workers", "--shards")) == ["render", "a.take", "-o", "b.mp4"]
    assert shard_path(Path("x/b.mp4"), 2, 4) == Path("x/b.2-of-4.mp4")


def test_the_sound_lies_under_the_joined_film(night: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "set.wav", np.zeros(48_000 * 2, np.float32))
    heard = replace(DEVICE, audio=str(tmp_path / "set.wav"))
    for shard in (1, 2, None):
        render(str(night), output=str(tmp_path / "film.mp4"), shards=2, shard=shard, options=heard)
    with av.open(str(tmp_path / "film.mp4")) as film:
        sound, picture = film.streams.audio[0], film.streams.video[0]
        ends = [float(stream.duration * stream.time_base) for stream in (sound, picture)]
    assert ends[0] == pytest.approx(ends[1], abs=0.05)
