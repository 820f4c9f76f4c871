"""The options of a show, read from the program itself: what `play` takes, `check` takes too."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from cyclopts.argument import Argument

from likeness.cli import app
from likeness.errors import LikenessError
from likeness.options import QUIET, Options, PictureOptions, parse_settings, quieten

# What each command's help listed before the options were declared once.
SHARED = {"--output", "-o", "--size", "--fps", "--device", "--plugin", "--audio", "--weights", "--backend"}
SHARED |= {"--camera", "--threads", "--precision", "--seconds", "--preset", "--force", "--fit", "--profile"}
LIVE = {"--display", "--osc-port", "--osc-host", "--oscquery-port", "--midi", "--link", "--no-link"}
DRAWN = {"--heads", "--seed", "--set", "--unmodulated"}
PLAYED = {"--windowed", "--no-windowed", "--takeover", "--watch", "--no-watch", "--follow", "--no-follow", "--status"}
PLAYED |= {"--strict", "--no-strict", "--web-port", "--web-host", "--open", "--no-open"}
PLAYED |= {"--dmx", "--artnet-port", "--sacn-port"}
PLAYED |= {
    "--take",
    "--audience",
    "--audience-key",
    "--shadow",
    "--shadow-grace",
    "--no-status",
    "--resume",
    "--no-resume",
    "--autosave",
    "--no-autosave",
}


def options_of(command: str) -> list[Argument]:
    """Return the options as the program declares them, without the dataclass that holds them."""
    every = app[command].assemble_argument_collection(parse_docstring=True)
    return [argument for argument in every if argument.parse and not argument.children]


def flags(command: str) -> set[str]:
    return {name for argument in options_of(command) for name in (*argument.names, *argument.negatives)}


def parse(*words: str) -> dict[str, Any]:
    """Return the arguments with which the program would call a command."""
    _, bound, _ = app.parse_args(list(words), print_error=False, exit_on_error=False)
    return dict(bound.arguments)


def test_no_flag_is_lost() -> None:
    assert flags("play") == SHARED | LIVE | DRAWN | PLAYED
    assert flags("render") == SHARED | DRAWN | {
        "--alpha",
        "--keep-going",
        "--from",
        "--to",
        "--shards",
        "--shard",
        "--workers",
        "--ray",
    }
    assert flags("check") == SHARED | LIVE | DRAWN | PLAYED | {"--hours"}


def test_check_takes_whatever_play_takes() -> None:
    words = ["installation", "--heads", "2", "--display", "0", "--display", "1", "--seed", "3", "--watch", "--follow"]
    words += [
        "--takeover",
        "jump",
        "--strict",
        "--windowed",
        "--resume",
        "--status",
        "--no-autosave",
        "--backend",
        "graph",
    ]
    words += ["--precision", "mixed", "--set", "a.b=1", "--set", "c.d=x", "-o", "null", "--plugin", "x.py"]
    words += ["--size", "64x32", "--osc-port", "0"]
    played, checked = parse("play", *words), parse("check", *words)
    assert played == checked
    options = played["options"]
    assert options == Options(
        outputs=options.outputs,
        displays=[0, 1],
        heads=2,
        seed=3,
        watch=True,
        follow=True,
        takeover="jump",
        strict=True,
        windowed=True,
        resume=True,
        status=True,
        autosave=False,
        backend="graph",
        precision="mixed",
        settings={"a.b": "1", "c.d": "x"},
        plugins=[Path("x.py")],
        size=(64, 32),
        osc_port=0,
    )
    assert list(options.outputs) == ["null"]


def test_every_option_says_what_it_is_for() -> None:
    for command in ("play", "render", "check"):
        assert [argument.name for argument in options_of(command) if not argument.parameter.help] == []


def test_a_quiet_show_keeps_the_picture_and_nothing_else() -> None:
    asked = Options(("window",), heads=3, size=(64, 64), seed=5, camera="0", link=True, osc_port=7000, watch=True)
    quiet = quieten(asked)
    drawn = {field.name for field in fields(PictureOptions)}
    assert {name: getattr(quiet, name) for name in drawn} == {name: getattr(asked, name) for name in drawn}
    others = {field.name for field in fields(Options)} - drawn
    assert {name: getattr(quiet, name) for name in others} == {name: getattr(QUIET, name) for name in others}


def test_settings_are_read_or_refused() -> None:
    assert parse_settings(["a.b=1=2", "c.d=x"]) == {"a.b": "1=2", "c.d": "x"}
    for bad in ("x", "a=1", "a.b", ""):
        with pytest.raises(LikenessError, match="is not PLUGIN"):
            parse_settings([bad])


GROUPS = ("audience", "gallery", "directions", "train", "weights")
# They keep nothing of a file, or go on in the folder of the run that is there.
RUNS = ("cycle", "dagan", "enlarge", "faces", "gan", "refine", "style", "vae", "wgan")
WRITES_NO_RESULT = {"latency", *(f"train {recipe}" for recipe in RUNS)}


def test_every_command_that_writes_a_result_takes_force() -> None:
    groups = {"": app, **{f"{name} ": app[name] for name in GROUPS}}
    without = set()
    for prefix, group in groups.items():
        for name in group:
            if name.startswith("-") or f"{name} " in groups:
                continue
            every = group[name].assemble_argument_collection(parse_docstring=True)
            names = {each for argument in every if argument.parse for each in argument.names}
            if names & {"--output", "--strips", "--sheet"} and "--force" not in names:
                without.add(prefix + name)
    assert without == WRITES_NO_RESULT


def test_plugins_are_named_or_given_as_files_and_repeated() -> None:
    found = parse("play", "demo", "--plugin", "speak", "--plugin", "mine.py")["options"].plugins
    assert [path.name for path in found] == ["speak.py", "mine.py"]
    assert found[0].is_file()
