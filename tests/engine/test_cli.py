"""The command line, as a user meets it: real processes, real files, one clear line for what is wrong."""

import io
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from tests.engine.command_status import status
from tests.reference import pickles
from tests.reference.parity import case

DEADLINE_S = 60.0
COMMAND = (sys.executable, "-m", "likeness.cli")


def begin(*arguments: str) -> "subprocess.Popen[str]":
    """Run the command in a process of its own; both streams come as one."""
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def decode(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def test_a_name_that_is_no_text_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Python opens standard output in a UTF-8 locale.
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stdout)
    assert status("plugins") == 0
    print("zo\udceb.jpg", file=stdout, flush=True)
    assert stdout.buffer.getvalue().endswith(b"zo\\udceb.jpg\n")


def test_help_does_not_import_torch(tmp_path: Path) -> None:
    script = "import sys; sys.argv = ['likeness', '--help']\nimport likeness.cli\ntry:\n    likeness.cli.main()\n"
    script += (
        "except SystemExit:\n    pass\nassert not {'torch', 'numpy', 'pydantic', 'cv2', 'tomlkit'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "play" in done.stdout


@pytest.mark.usefixtures("here")
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
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    quiet = ["--osc-port", "0", "--midi", "off", "--seconds", "1"]
    output = [] if "--output" in arguments else ["--output", "null"]
    assert status(*arguments, *quiet, *output) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert said in lines[-1]
    assert not any("Traceback" in line for line in lines)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["surface", "-o", "/proc/x/surface.json"], "/proc/x"),
        (["play", "--fps", "nan"], "--fps. Give 1 to 1000 frames per second"),
        (["play", "--osc-port", "99999"], "--osc-port. Give 0 to 65535"),
        (["check", "--osc-port", "-5"], "--osc-port. Give 0 to 65535"),
        (["play", "--weights", ""], "--weights is empty"),
        (["play", "--weights="], "--weights is empty"),
        (["render", "--sed", "3"], "Unknown option: --sed"),
        (["edit", "a.jpg", "-d", "smile=1"], "edit needs --output or -o; `likeness edit --help` says"),
        (["train", "glasses"], "train glasses needs WEIGHTS; "),
        (["weights", "info", "fces-256"], "nearest: faces-256"),
        (["play", "demo", "--set", "wear.on=1", "-o", "null"], "add it with --plugin wear"),
        (["weights", "info", "x" * 5000], "File name too long"),
    ],
)
def test_what_cannot_be_taken_ends_in_one_short_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert status(*arguments) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("likeness: ")
    assert said in line
    assert len(line) < 1100


def test_a_traceback_is_printed_to_those_who_ask_for_it(here: Path) -> None:
    (here / "broken.py").write_text("\nimport nothing_of_that_name\n")
    show = begin("render", "-v", "--plugin", "broken.py", "--size", "64x64", "--seconds", "0.1", "-o", "null")
    out = _rest(show)
    assert show.returncode == 2
    assert "Traceback" in out
    assert out.strip().splitlines()[-1].startswith("likeness: broken.py:2: plugin broken cannot be loaded: ")
    # It is said once: no ERROR comes before it.
    assert "ERROR" not in out


def test_a_broken_plugin_is_left_out_and_the_show_starts(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    (here / "broken.py").write_text("import nothing_of_that_name\n")
    words = ("render", "--plugin", "broken.py", "--size", "64x64", "--seconds", "0.1", "-o", "a.mp4", "--keep-going")
    assert status(*words) == 0
    assert "plugin broken is left out" in caplog.text
    assert "nothing_of_that_name" in caplog.text
    assert (here / "a.mp4").exists()


def test_the_same_seed_renders_the_same_frames_and_another_does_not(here: Path) -> None:
    # Without a loss: a coder of films may leave out what moves by a level, and show a picture twice.
    alike = ("render", "--fps", "30", "--size", "128x128", "--profile", "ffv1")
    # In a process of its own and in this one.
    show = begin(*alike, "--seconds", "1.5", "--seed", "7", "-o", "a.mkv")
    assert status(*alike, "--seconds", "1.5", "--seed", "7", "-o", "b.mkv") == 0
    out = _rest(show)
    assert show.returncode == 0, out
    assert status(*alike, "--seconds", "0.1", "--seed", "8", "-o", "c.mkv") == 0
    first, second, other = (decode(here / name).astype(np.int16) for name in ("a.mkv", "b.mkv", "c.mkv"))
    assert first.shape[0] == 45
    assert np.array_equal(first, second)
    assert np.abs(first[: len(other)] - other).mean() > 3.0
    steps = np.abs(np.diff(first, axis=0)).mean(axis=(1, 2, 3))
    # No still stretch, no jump: every step moves the picture, and none by many times the usual.
    assert steps.min() > 0.05
    assert steps.max() < 4 * np.median(steps)


def test_an_official_snapshot_plays_and_nothing_in_it_runs(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    made, sentinel = case("sg2_skip"), here / "ran"
    (here / "official.pkl").write_bytes(pickles.official_pickle(made.state, made.kwargs, sentinel=str(sentinel)))
    quiet = ("--midi", "off", "--osc-port", "0", "--no-autosave")
    arguments = ("--weights", "official.pkl", "--size", "64x64", "--seconds", "1", "--fps", "20", "-o", "played.mp4")
    assert status("play", *arguments, *quiet) == 0
    assert "nobody has said whether a paid show is allowed" in caplog.text
    film = decode(here / "played.mp4").astype(np.int16)
    assert film.shape[1:] == (64, 64, 3)
    assert film.std() > 10
    assert np.abs(film[-1] - film[0]).mean() > 1
    assert not sentinel.exists()


def test_a_recording_obeys_a_blackout_within_two_frames_of_its_fade(here: Path, unused_udp_port: int) -> None:
    (here / "raises.py").write_text(
        "from likeness import hookimpl\n\n\nclass Plugin:\n    @hookimpl\n    def update(self, latent):\n"
        "        raise RuntimeError('boom')\n"
    )
    port, fps, film = unused_udp_port, 30, here / "live.mp4"
    quiet = (
        "--output",
        "live.mp4",
        "--fps",
        str(fps),
        "--midi",
        "off",
        "--size",
        "64x64",
        "--weights",
        "composite-256",
    )
    show = begin("play", *quiet, "--osc-port", str(port), "--set", "master.fade=0.2", "--plugin", "raises.py")
    try:
        head = _wait_for(show, "raises is bypassed")
        playing = time.monotonic()
        with SimpleUDPClient("127.0.0.1", port) as client:
            # A busy machine makes a fade late now and then; a slow blackout would be slow every time.
            for count in range(1, 5):
                client.send_message("/master/blackout", 1)
                _until(lambda wanted=count: len(_fades(_levels(film))) == wanted)
                if min(_fades(_levels(film))) <= round(0.2 * fps) + 2:
                    break
                client.send_message("/master/blackout", 0)
                _until(lambda: not _dark(_levels(film))[-1])
        played = time.monotonic() - playing
        show.send_signal(signal.SIGTERM)
        out = _rest(show)
    finally:
        show.kill()
    assert show.returncode == 0, out
    assert (head + out).count("ERROR: raises.py:7: raises.update failed: boom") == 1
    assert "Traceback" not in head + out
    levels = _levels(film)
    assert min(_fades(levels)) <= round(0.2 * fps) + 2
    assert _dark(levels)[-1]
    # A plugin that raises in every frame costs none: the film has all of its time, and the second in which it began.
    assert len(levels) >= played * fps


def _levels(film: Path) -> np.ndarray:
    """Return how bright each frame is that is on the disk by now, as a share of the brightest."""
    levels = []
    try:
        with av.open(str(film)) as file:
            levels += [frame.to_ndarray(format="rgb24").mean() for frame in file.decode(video=0)]
    except (OSError, av.error.FFmpegError):
        pass  # it is still being written
    return np.array(levels) / max(levels, default=1.0)


def _dark(levels: np.ndarray) -> np.ndarray:
    return levels < 0.02


def _fades(levels: np.ndarray) -> list[int]:
    """Return how many frames each blackout took, from the last full one to the first dark one."""
    dark = _dark(levels)
    fades = []
    for fall in np.flatnonzero(dark[1:] & ~dark[:-1]) + 1:
        # The face goes on meanwhile and is not everywhere as bright.
        before = levels[max(0, fall - 20) : fall]
        fades.append(len(before) - int(np.flatnonzero(before > 0.9 * before.max())[-1]))
    return fades


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_show_cleanly_and_the_file_is_whole(here: Path, number: signal.Signals) -> None:
    light = ("--weights", "composite-256")
    show = begin("play", "--output", "live.mp4", "--fps", "25", "--midi", "off", "--osc-port", "0", *light)
    film = here / "live.mp4"
    try:
        _wait_for(show, "Playing")
        _until(lambda: film.exists() and film.stat().st_size > 20_000)
        show.send_signal(number)
        out = _rest(show)
    finally:
        show.kill()
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


def test_the_lists_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for command, said in (
        (["plugins"], "random_walk"),
        (["directions", "list", "composite-256"], "a switch: 1 is on"),
        (["params"], "random_walk.speed"),
        (["params", "--json"], '"FULL_PATH": "/random_walk/speed"'),
        (["params", "--markdown"], "| `/random_walk/speed` |"),
    ):
        assert status(*command) == 0
        assert said in capsys.readouterr().out


def test_weights_are_looked_into_and_what_is_none_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("weights", "info", str(root / "weights" / "composite-256.safetensors")) == 0
    said = capsys.readouterr().out
    assert "family      composite (likeness)" in said
    assert "picture     256 x 256 px" in said
    assert "a paid show: allowed" in said
    assert status("weights", "convert", str(root / "README.md"), "-o", "x.safetensors") == 2
    assert "is of no family that opens here" in capsys.readouterr().err
