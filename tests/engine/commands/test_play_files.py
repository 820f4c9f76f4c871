"""What `play` and `render` say of the files that they wrote."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import pytest
from tests.engine.outputs.film_sound import onsets, sound_of, spans
from tests.engine.sounds import click, placed, write_wav
from tests.engine.toy_family import TOYS

from likeness.cli import main
from likeness.show.show import Show

ENGINE = Path(__file__).resolve().parents[3] / "engine"
# Without OSC: the show of another test may have its port.
SHORT = ("--seconds", "0.5", "--size", "32x32", "--device", "cpu", "--osc-port", "0", "--weights", "composite-256")


@pytest.mark.parametrize("ending", ["mkv", "gif"])
def test_a_recording_on_a_full_disk_ends_with_a_status_and_names_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    film = tmp_path / f"film.{ending}"
    film.symlink_to("/dev/full")
    with pytest.raises(SystemExit) as ended:
        main(["play", "demo", "--output", "null", "--output", str(film), *SHORT])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "The result is in" not in said.out
    assert f"{film} could not be written to its end" in said.err


def play_and_then(monkeypatch: pytest.MonkeyPatch, film: Path, then: Callable[[], object]) -> int:
    """Return the status of a show that records to `film`, of which `then` is called before the film is closed."""
    run = Show.run

    def run_on(show: Show) -> None:
        run(show)
        then()

    monkeypatch.setattr(Show, "run", run_on)
    with pytest.raises(SystemExit) as ended:
        main(["play", "demo", "--output", str(film), *SHORT])
    return int(ended.value.code or 0)


def test_a_recording_that_was_deleted_meanwhile_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    film = tmp_path / "film.mkv"
    assert play_and_then(monkeypatch, film, film.unlink) == 2
    assert f"{film} is gone" in capsys.readouterr().err


def test_a_film_that_is_there_stays_and_the_last_line_names_the_true_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    film, second, best = (tmp_path / name for name in ("film.mkv", "film-2.mkv", "best.mkv"))
    film.write_bytes(b"precious")
    assert play_and_then(monkeypatch, film, lambda: second.rename(best)) == 0
    said = capsys.readouterr().out
    assert f"Playing on {second} " in said
    assert f"The result is in {best}" in said
    assert film.read_bytes() == b"precious"


def test_a_show_that_ends_before_its_first_picture_names_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Show, "run", lambda show: None)
    with pytest.raises(SystemExit) as ended:
        main(["play", "demo", "--output", str(tmp_path / "film.mkv"), *SHORT])
    assert ended.value.code == 2
    assert "the show ended before its first picture" in capsys.readouterr().err


def test_a_profile_without_a_film_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["render", "--profile", "vp9", "--seconds", "0.1", "-o", str(tmp_path / "a.gif")])
    assert ended.value.code == 2
    assert "--profile vp9 says how a film is coded, and no output is one" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_one_file_given_twice_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    film = str(tmp_path / "film.mkv")
    with pytest.raises(SystemExit):
        main(["play", "demo", "--output", film, "--output", film, *SHORT])
    assert "two outputs cannot write one file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "filled"), [(("--fit", "mirror"), True), (("--set", "show.fit=blur"), True), ((), False)]
)
def test_a_render_fills_its_frame_as_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...], filled: bool
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    short = ("--seconds", "0.1", "--fps", "10", "--size", "96x48", "--device", "cpu", "--weights", "composite-256")
    with pytest.raises(SystemExit) as ended:
        main(["render", "demo", "--output", str(tmp_path / "a-%d.png"), *short, *asked])
    assert not ended.value.code
    frame = cv2.imread(str(tmp_path / "a-0.png"))
    assert frame.shape == (48, 96, 3)
    assert bool(frame[:, :20].mean() > 20) is filled


def test_a_render_with_audio_has_it_as_its_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    wav, film = write_wav(tmp_path / "a.wav", placed(click(44_100), [0.7], 2.0, 44_100), 44_100), tmp_path / "film.mp4"
    short = ("--seconds", "1", "--fps", "10", "--size", "32x32", "--device", "cpu", "--weights", "composite-256")
    with pytest.raises(SystemExit) as ended:
        main(["render", "demo", "--audio", str(wav), "--output", str(film), *short])
    assert not ended.value.code
    assert onsets(sound_of(film), [0.7]) == pytest.approx([0.7], abs=0.003)
    assert spans(film)["audio"] == pytest.approx((0.0, 1.0), abs=0.001)


@pytest.mark.parametrize("streams", ["2>&1 | true; exit ${PIPESTATUS[0]}", ">&- 2>&- <&-"])
def test_a_show_plays_on_where_nobody_reads_what_it_prints(tmp_path: Path, streams: str) -> None:
    film = tmp_path / "film.mkv"
    command = f'"$0" -m likeness.cli play demo --output "$1" --midi off {" ".join(SHORT)} {streams}'
    ran = subprocess.run(
        ["bash", "-c", command, sys.executable, str(film)],
        check=False,
        env={**os.environ, "LIKENESS_HOME": str(tmp_path), "PYTHONPATH": str(ENGINE)},
    )
    assert ran.returncode == 0
    assert film.stat().st_size > 0


@pytest.mark.parametrize(("profile", "ending"), [(None, "mov"), ("vp9", "mkv"), ("ffv1", "mkv")])
def test_a_film_with_alpha_has_the_silhouette_of_the_face_that_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str | None, ending: str
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    film = tmp_path / f"film.{ending}"
    alike = ("--seconds", "0.2", "--fps", "10", "--device", "cpu", "--weights", "composite-256", "--seed", "5")
    coded = ("--profile", profile) if profile else ()
    with pytest.raises(SystemExit) as ended:
        main(["render", "demo", "--output", str(film), "--alpha", *coded, "--size", "512x256", *alike])
    assert not ended.value.code
    with av.open(str(film)) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == (profile or "prores")
        # FFmpeg's own decoder of VP9 leaves the alpha out.
        decoder = av.CodecContext.create("libvpx-vp9", "r") if profile == "vp9" else stream.codec_context
        assert isinstance(decoder, av.VideoCodecContext)
        frames = [frame for packet in file.demux(stream) for frame in decoder.decode(packet)]
    alpha = frames[0].to_ndarray(format="rgba")[..., 3]
    # The bars are clear, the middle of the face is not, and the corner beside the head is.
    assert alpha[:, :120].max() <= 3
    assert alpha[120:160, 240:270].min() >= 250
    assert alpha[5:20, 135:150].max() <= 40
    assert 0.3 < (alpha[:, 128:384] > 128).mean() < 0.9
    assert len(frames) == 2


def test_alpha_is_refused_where_nothing_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    (tmp_path / "toys.py").write_text(TOYS)
    (tmp_path / "small.toy").write_text("4 8 64")
    toy, composite = (
        ("--plugin", str(tmp_path / "toys.py"), "--weights", str(tmp_path / "small.toy")),
        ("--weights", "composite-256"),
    )
    short = ("--seconds", "0.1", "--fps", "10", "--device", "cpu", "--alpha")
    for name, profile, weights, said in (
        ("a.mp4", "h264", composite, "h264 have no alpha channel; choose --profile prores4444"),
        ("a.gif", "", composite, "an alpha channel goes into a film"),
        ("a.mp4", "vp9", composite, "vp9 with alpha goes into .mkv"),
        ("a.mkv", "vp9", toy, "--alpha needs weights of the family composite"),
    ):
        coded = ("--profile", profile) if profile else ()
        with pytest.raises(SystemExit) as ended:
            main(["render", "demo", "-o", str(tmp_path / "out" / name), *coded, *weights, *short])
        assert ended.value.code == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
