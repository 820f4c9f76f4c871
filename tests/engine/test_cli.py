"""The command line, as a user meets it: real processes, real files, one clear line for what is wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from tests.reference import pickles
from tests.reference.parity import case

from likeness.cli import main
from likeness.commands.options import parse_settings, parse_size
from likeness.errors import LikenessError

DEADLINE_S = 60.0
COMMAND = (sys.executable, "-m", "likeness.cli")


def likeness(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LIKENESS_HOME": str(cwd / "home")}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=DEADLINE_S
    )


def decode(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def test_help_does_not_import_torch(tmp_path: Path) -> None:
    script = "import sys; sys.argv = ['likeness', '--help']\nimport likeness.cli\ntry:\n    likeness.cli.main()\n"
    script += "except SystemExit:\n    pass\nassert 'torch' not in sys.modules and 'numpy' not in sys.modules\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "play" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["play", "dmeo"], "no preset 'dmeo'; nearest: demo"),
        (["play", "demo", "--weights", "composite-255"], "nearest: composite-256"),
        (["play", "demo", "--plugin", "none.py"], "there is no plugin file none.py"),
        (["play", "demo", "--set", "sharpen.amuont=1"], "nearest: sharpen.amount"),
        (["play", "demo", "--set", "sharpen.amount=lots"], "sharpen.amount: 'lots' is not a number from"),
        (["play", "demo", "--set", "sharpen"], "is not PLUGIN.PARAM=VALUE"),
        (["play", "demo", "--size", "huge"], "is not WIDTHxHEIGHT"),
        (["play", "demo", "--device", "tpu"], "no device 'tpu' here; there are: cpu"),
        (["play", "demo", "--output", "film.xyz"], ".mp4"),
    ],
)
def test_a_bad_name_or_value_ends_at_the_start_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    quiet = ["--osc-port", "0", "--midi", "off", "--seconds", "1"]
    output = [] if "--output" in arguments else ["--output", "null"]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ending:
        main([*arguments, *quiet, *output])
    assert ending.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert said in lines[-1]
    assert not any("Traceback" in line for line in lines)


def test_a_broken_plugin_is_left_out_and_the_show_starts(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    done = likeness("render", "--plugin", "broken.py", "--seconds", "0.1", "-o", "a.mp4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "plugin broken is left out" in done.stderr
    assert "nothing_of_that_name" in done.stderr
    assert (tmp_path / "a.mp4").exists()


def test_the_same_seed_renders_the_same_frames_and_another_does_not(tmp_path: Path) -> None:
    films = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        done = likeness("render", "--seconds", "4", "--seed", seed, "--fps", "30", "-o", f"{name}.mp4", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        films.append(decode(tmp_path / f"{name}.mp4").astype(np.int16))
    first, second, other = films
    assert first.shape[0] == 120
    assert np.array_equal(first, second)
    assert np.abs(first - other).mean() > 3.0
    steps = np.abs(np.diff(first, axis=0)).mean(axis=(1, 2, 3))
    # No still stretch, no jump: every step moves the picture, and none by many times the usual.
    assert steps.min() > 0.05
    assert steps.max() < 4 * np.median(steps)


def test_an_official_snapshot_plays_and_nothing_in_it_runs(tmp_path: Path) -> None:
    made, sentinel = case("sg2_skip"), tmp_path / "ran"
    (tmp_path / "official.pkl").write_bytes(pickles.official_pickle(made.state, made.kwargs, sentinel=str(sentinel)))
    quiet = ("--midi", "off", "--osc-port", "0", "--no-autosave")
    arguments = ("--weights", "official.pkl", "--size", "64x64", "--seconds", "1", "--fps", "20", "-o", "played.mp4")
    done = likeness("play", *arguments, *quiet, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nobody has said whether a paid show is allowed" in done.stderr + done.stdout
    film = decode(tmp_path / "played.mp4").astype(np.int16)
    assert film.shape[1:] == (64, 64, 3)
    assert film.std() > 10
    assert np.abs(film[-1] - film[0]).mean() > 1
    assert not sentinel.exists()


def test_a_recording_obeys_a_blackout_within_two_frames_of_its_fade(tmp_path: Path, unused_udp_port: int) -> None:
    (tmp_path / "raises.py").write_text(
        "from likeness import hookimpl\n\n\nclass Plugin:\n    @hookimpl\n    def update(self, latent):\n"
        "        raise RuntimeError('boom')\n"
    )
    port, fps = unused_udp_port, 30
    command = [*COMMAND, "play", "--output", "live.mp4", "--seconds", "4", "--fps", str(fps), "--midi", "off"]
    command += ["--size", "64x64"]
    command += ["--osc-port", str(port), "--set", "master.fade=0.2", "--plugin", "raises.py"]
    show = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert show.stdout is not None
    head = _wait_for(show, "Playing")
    time.sleep(1.0)
    with SimpleUDPClient("127.0.0.1", port) as client:
        client.send_message("/master/blackout", 1)
    out = _rest(show)
    assert show.returncode == 0, out
    assert (head + out).count("Traceback") == 1
    assert "raises is bypassed" in head + out
    levels = decode(tmp_path / "live.mp4").mean(axis=(1, 2, 3))
    # A plugin that raises in every frame costs none: the film has all of its time.
    assert abs(len(levels) - 4 * fps) <= 2
    full = levels[:10].mean()
    begun = int(np.argmax(levels < 0.97 * full))
    dark = int(np.argmax(levels < 0.02 * full))
    assert 0 < begun < dark
    assert dark - begun <= round(0.2 * fps) + 2
    assert levels[dark:].max() < 0.02 * full


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_show_cleanly_and_the_file_is_whole(tmp_path: Path, number: signal.Signals) -> None:
    command = [*COMMAND, "play", "--output", "live.mp4", "--fps", "25", "--midi", "off", "--osc-port", "0"]
    show = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    _wait_for(show, "Playing")
    film = tmp_path / "live.mp4"
    deadline = time.monotonic() + DEADLINE_S
    while not (film.exists() and film.stat().st_size > 20_000):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    show.send_signal(number)
    out = _rest(show)
    assert show.returncode == 0, out
    assert re.search(r"\d+ frames", out)
    assert len(decode(film)) > 10


def _wait_for(show: "subprocess.Popen[str]", word: str) -> str:
    """Return what was printed up to the line with `word`."""
    assert show.stdout is not None
    head = ""
    for line in show.stdout:
        head += line
        if word in line:
            return head
    raise AssertionError(f"{word!r} was never printed, but {head}")


def _rest(show: "subprocess.Popen[str]") -> str:
    """Return what is printed until the end. `communicate` would lose what `_wait_for` has read ahead."""
    assert show.stdout is not None
    with show.stdout:
        out = show.stdout.read()
    show.wait(DEADLINE_S)
    return out


def test_a_contact_sheet_holds_as_many_faces_as_asked(tmp_path: Path) -> None:
    done = likeness("contact-sheet", "--count", "6", "--columns", "3", "-o", "sheet.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    import cv2

    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 256 + 4, 3 * 256 + 8, 3)
    done = likeness("contact-sheet", "demo", "--count", "4", "--seconds", "1", "--size", "128", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "sheet.png").exists()


def test_the_lists_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for command, said in (
        (["plugins"], "random_walk"),
        (["params"], "random_walk.speed"),
        (["params", "--json"], '"FULL_PATH": "/random_walk/speed"'),
        (["params", "--markdown"], "| `/random_walk/speed` |"),
    ):
        with pytest.raises(SystemExit) as ending:
            main(command)
        assert not ending.value.code
        assert said in capsys.readouterr().out


def test_weights_are_looked_into_and_what_is_none_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["weights", "info", str(root / "weights" / "composite-256.safetensors")])
    assert not ending.value.code
    said = capsys.readouterr().out
    assert "family      composite (likeness)" in said
    assert "picture     256 x 256 px" in said
    assert "a paid show: allowed" in said
    with pytest.raises(SystemExit) as ending:
        main(["weights", "convert", str(root / "README.md"), "-o", "x.safetensors"])
    assert ending.value.code == 2
    assert "is of no family that opens here" in capsys.readouterr().err


def test_sizes_and_settings_are_read_or_refused() -> None:
    assert parse_size("1920x1080") == (1920, 1080)
    assert parse_settings(["a.b=1=2", "c.d=x"]) == {"a.b": "1=2", "c.d": "x"}
    for bad in ("x", "12", "0x0", "99999x99999", "-5x5"):
        with pytest.raises(LikenessError, match="--size"):
            parse_size(bad)
