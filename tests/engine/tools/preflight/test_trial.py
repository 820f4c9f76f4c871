"""`likeness check`: each fault is found, named with a next step, and shown in the exit status."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.cli import main
from likeness.options import DEFAULTS, QUIET, Options
from likeness.parameters.midi_binding import Binding
from likeness.parameters.presets import Preset, ShowTable
from likeness.ranges import FilmProfile
from likeness.tools.preflight import environment, trial
from likeness.tools.preflight.environment import (
    check_camera,
    check_controllers,
    check_device,
    check_disk,
    check_displays,
    check_films,
    check_ports,
)
from likeness.tools.preflight.finding import Finding, Verdict, good, less, stops, worst
from likeness.tools.preflight.leader import Led
from likeness.tools.preflight.trial import Trial, check_show, play_trial, report_trial

FAST = Trial(50.0, 50.0, 15.0, 8.0, {"walk": 0.5}, (), 64, 1000.0)
SMALL = replace(QUIET, size=(64, 64), fps=10.0)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def find(findings: Iterator[Finding] | list[Finding], subject: str) -> Finding:
    (found,) = [finding for finding in findings if finding.subject == subject]
    return found


def test_the_worst_of_all_is_the_verdict() -> None:
    assert worst([]) is Verdict.GOOD
    assert worst([good("a", ""), less("b", ""), good("c", "")]) is Verdict.LESS
    assert worst([stops("a", ""), less("b", "")]) is Verdict.STOPS


def test_a_film_that_cannot_be_coded_as_asked_stops_the_show_and_a_name_that_is_taken_is_said(tmp_path: Path) -> None:
    def check(name: str, profile: FilmProfile) -> Finding:
        (found,) = check_films(replace(QUIET, outputs=("window", str(tmp_path / name)), profile=profile))
        return found

    assert check("a.mov", "prores4444") == good("film", f"{tmp_path / 'a.mov'} by prores_ks")
    assert check("a.mp4", "prores4444").verdict is Verdict.STOPS
    (tmp_path / "a.mp4").touch()
    assert "the next free name is taken" in check("a.mp4", "h264").text


def test_a_recording_is_weighed_as_it_will_be_coded() -> None:
    preset, options = Preset(show=ShowTable(weights="composite-256")), replace(SMALL, profile="ffv1")
    trial = play_trial(preset, None, options, 0.6, recorded=True)
    # Without loss a face takes a byte or more a pixel; H.264 takes a tenth.
    assert trial.bytes_per_s > 64 * 64 * trial.pictures_per_s * 0.8


def test_a_show_that_is_ready_is_tried_and_its_recording_weighed() -> None:
    show = ShowTable(weights="composite-256", plugins=("random_walk",))
    findings = list(check_show(Preset(show=show), None, SMALL, 1.0, 1.0))
    weights = find(findings, "weights")
    assert re.search("composite-256.*sha256 [0-9a-f]{64}$", weights.text)
    assert find(findings, "licence").verdict is Verdict.GOOD
    assert find(findings, "plugins").text.startswith("random_walk")
    # They were asked for by name, so the default ones are not even measured.
    assert find(findings, "machine").text.startswith("composite-256 draws")
    assert find(findings, "disk").text.startswith("1 h of recording")
    assert find(findings, "frames").text.count("64 px") == 1
    assert worst(findings) < Verdict.STOPS


def test_weights_that_are_not_there_stop_the_show_and_nothing_is_tried() -> None:
    findings = list(check_show(Preset(show=ShowTable(weights="composite-265")), None, SMALL, 1.0, 0.0))
    assert "nearest: composite-256" in find(findings, "weights").text
    assert find(findings, "weights").verdict is Verdict.STOPS
    assert all(finding.subject not in ("show", "frames") for finding in findings)


def test_a_plugin_that_does_not_import_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def broken(:\n")
    options = replace(QUIET, size=(64, 64), fps=10.0, plugins=[tmp_path / "broken.py"])
    trial = play_trial(Preset(), None, options, 0.2, recorded=False)
    assert trial.left_out == ("broken",)
    assert find(report_trial(trial), "plugins").verdict is Verdict.LESS


def test_a_preset_that_does_not_fit_stops_the_show() -> None:
    findings = list(check_show(Preset(values={"show": {"psy": 1.0}}), None, SMALL, 0.2, 0.0))
    assert "show.psi" in find(findings, "show").text


@pytest.mark.parametrize(
    ("pictures", "p99", "verdict", "words"),
    [
        (50.0, 15.0, Verdict.GOOD, "50 frames per second"),
        (50.0, 25.0, Verdict.LESS, "now and then"),
        (20.0, 60.0, Verdict.LESS, "20 of 50 frames per second, so the show plays an even 16.67;"),
        (8.0, 60.0, Verdict.LESS, "8 of 50 frames per second, too few for an even rate"),
        (40.0, 60.0, Verdict.LESS, "40 of 50 frames per second, so the show plays an even 25;"),
    ],
)
def test_the_budget_of_a_frame_is_judged(pictures: float, p99: float, verdict: Verdict, words: str) -> None:
    trial = Trial(50.0, pictures, p99, 8.0, {"walk": 0.5}, (), 64, 0.0)
    frames = find(report_trial(trial), "frames")
    assert frames.verdict is verdict
    assert words in frames.text
    # 1000 ms through 50, and 8 + 0.5.
    assert "20.0 ms are allowed" in frames.text
    assert "8.5 ms for generator and plugins" in frames.text


def test_a_rate_that_is_held_whatever_comes_of_it_is_told_as_uneven() -> None:
    trial = replace(FAST, pictures_per_s=20.0, strict=True)
    assert "20 of 50 frames per second, so --strict plays them unevenly" in find(report_trial(trial), "frames").text


def test_it_says_which_weights_would_play_and_how_to_insist() -> None:
    kept = replace(FAST, alone_per_s=125.0, default_per_s=125.0)
    light = replace(kept, weights="composite-256", default_per_s=14.2)
    found = find(report_trial(kept), "machine")
    assert (found.verdict, found.text) == (Verdict.GOOD, "faces-256 draws 125 pictures a second here, alone")
    found = find(report_trial(light), "machine")
    assert found.verdict is Verdict.LESS
    assert found.text == (
        "composite-256 draws 125 pictures a second here, alone; faces-256 would draw 14 and is left out; "
        "--weights faces-256 insists"
    )


def test_ports_that_are_taken_stop_the_show() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
    ):
        for sock in (udp, tcp):
            sock.bind(("127.0.0.1", 0))
        tcp.listen()
        options = Options(osc_port=udp.getsockname()[1], web_port=tcp.getsockname()[1])
        assert [finding.verdict for finding in check_ports(options)] == [Verdict.STOPS, Verdict.GOOD]
        elsewhere = replace(options, web_host="192.0.2.1")
        assert [finding.verdict for finding in check_ports(elsewhere)] == [Verdict.STOPS, Verdict.STOPS]
    assert [finding.verdict for finding in check_ports(options)] == [Verdict.GOOD, Verdict.GOOD]


def test_a_display_that_is_not_there_stops_and_a_slow_one_shows_less(monkeypatch: pytest.MonkeyPatch) -> None:
    from likeness.outputs.displays import Display

    monkeypatch.setattr(environment, "has_display", lambda: False)
    assert find(list(check_displays(DEFAULTS, 1, 60.0)), "display").verdict is Verdict.STOPS
    monkeypatch.setattr(environment, "has_display", lambda: True)
    monkeypatch.setattr(environment, "displays", lambda: [Display(0, 1920, 1080, 60), Display(1, 800, 600, 50)])
    assert find(list(check_displays(DEFAULTS, 1, 60.0)), "display").verdict is Verdict.GOOD
    assert "--fps 50" in find(list(check_displays(Options(displays=(1,)), 1, 60.0)), "display").text
    of_two = find(list(check_displays(Options(displays=(0, 1)), 3, 60.0)), "display")
    assert of_two.verdict is Verdict.STOPS
    assert "2 displays for 3 head(s)" in of_two.text
    assert "no display 2" in find(list(check_displays(Options(displays=(2,)), 1, 60.0)), "display").text


def test_a_disk_is_full_before_its_last_byte(tmp_path: Path) -> None:
    import shutil

    free = shutil.disk_usage(tmp_path).free
    assert check_disk(tmp_path / "not" / "yet", 1.0, free / 3600 * 0.5).verdict is Verdict.GOOD
    short = check_disk(tmp_path, 2.0, free / 3600)
    assert short.verdict is Verdict.LESS
    assert re.search(r"enough for (0\.9|1\.0) h", short.text)


def test_knobs_that_nobody_plays_are_less_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "midi_available", lambda: "no MIDI system runs here")
    preset = Preset(midi=(Binding("show.psi", cc=1),))
    found = find(list(check_controllers(preset, Options(midi="auto"))), "MIDI")
    assert found.verdict is Verdict.LESS
    assert find(list(check_controllers(preset, Options(midi="APC"))), "MIDI").verdict is Verdict.STOPS


def test_a_graphics_card_that_torch_cannot_use_is_less_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "choose_device", lambda name: "cpu")
    monkeypatch.setattr(environment, "find_unused_card", lambda: "the NVIDIA card is left unused")
    assert check_device("auto").verdict is Verdict.LESS
    assert check_device("cpu").verdict is Verdict.GOOD
    monkeypatch.undo()
    assert check_device("tpu").verdict is Verdict.STOPS


def test_the_command_ends_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = ["--seconds", "0.2", "--midi", "off", "--osc-port", "0", "-o", "null"]
    with pytest.raises(SystemExit) as ending:
        main(["check", "demo", "--weights", "nothing", *quiet])
    assert ending.value.code == Verdict.STOPS
    told = capsys.readouterr().out
    assert "The show cannot start as you asked for it" in told
    assert "no weights 'nothing'" in told


def test_a_camera_that_gives_nothing_but_black_is_not_called_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "FIRST_PICTURES_S", 0.1)
    for shade, verdict in ((0, Verdict.LESS), (90, Verdict.GOOD)):
        cv2.imwrite(str(tmp_path / "wall.png"), np.full((40, 50, 3), shade, np.uint8))
        finding = check_camera(str(tmp_path / "wall.png"))
        assert finding.verdict is verdict
        assert "50 x 40 px" in finding.text


def test_beside_shadow_what_the_other_machine_plays_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[Preset, float | None]] = []

    def play(preset: Preset, face: object, options: Options, seconds: float, *, recorded: bool) -> Trial:
        tried.append((preset, options.fps))
        return FAST

    monkeypatch.setattr(trial, "play_trial", play)
    monkeypatch.setattr(trial, "check_environment", lambda *arguments: iter(()))
    own, led = Preset(name="own"), Preset(name="led", show=ShowTable(weights="composite-256"))
    options = replace(SMALL, shadow="stage.local", fps=None)
    there = Led(good("shadow", "it plays led"), led, replace(options, fps=25.0))
    monkeypatch.setattr(trial, "check_leader", lambda address, options: there)
    findings = list(check_show(own, None, options, 0.1, 0.0))
    assert tried == [(led, 25.0)]
    assert "composite-256" in find(findings, "weights").text
    # Where nobody leads, nobody knows what it will play; with --resume it is its own last show.
    gone = Led(less("shadow", "it does not answer"), None, options)
    monkeypatch.setattr(trial, "check_leader", lambda address, options: gone)
    assert [finding.subject for finding in check_show(own, None, options, 0.1, 0.0)] == ["shadow"]
    assert len(tried) == 1
    list(check_show(own, None, replace(options, resume=True), 0.1, 0.0))
    assert tried[-1] == (own, None)
