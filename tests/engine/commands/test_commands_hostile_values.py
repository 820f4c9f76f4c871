"""Every option of every command, read from the program, with hostile values: one clear line and a status, no traceback.

What is refused as it is read is tried on the option alone, which is quick; what is accepted runs the whole command, on
inputs that end soon: a toy generator that plays two frames, empty folders, weights that are not there.
"""

import gc
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App, CycloptsError, Token
from cyclopts.argument import Argument
from tests.engine.toy_family import TOYS

from likeness.cli import app, main
from likeness.errors import LikenessError
from likeness.tools.preflight import trial

FOLDER = "A FOLDER"
HOSTILE = (
    *("-1", "0", "0.5", "9" * 40, "1e400", "nan", "-inf"),
    *("", "text", FOLDER, "zo\udceb \N{SNOWMAN}", "x" * 5000, "../.."),
)
SHOW = {"preset": "tiny.toml", "weights": "small.toy", "plugin": "toys.py", "device": "cpu", "fps": "50"}
SHOW |= {"size": "64x64", "seconds": "0.02"}
LIVE = {**SHOW, "output": "null", "osc-port": "0", "midi": "off"}
RECIPES = ("dagan", "enlarge", "gan", "refine", "vae", "wgan")
# What a command is given beside the option that is tried, by name; a number stands for a positional argument.
BESIDE: Mapping[str, Mapping[str, str]] = {
    "play": LIVE,
    "check": LIVE,
    "render": {**SHOW, "output": "film.mp4"},
    "guard": {"preset": "nothing"},
    "guard install": {"preset": "tiny.toml"},
    # Of a kind that nobody knows; an evening that opens would last.
    "audience serve": {"database": "nowhere://evening", "folder": "evening"},
    "audience work": {"database": "nowhere://evening", "folder": "evening"},
    "surface": {"output": "surface.json"},
    "contact-sheet": {"weights": "nothing", "count": "1", "output": "sheet.png"},
    "latency": {"weights": "nothing", "presses": "1"},
    "encode": {"photos": "absent.jpg", "output": "out", "weights": "nothing"},
    "project": {"photos": "absent.jpg", "output": "out", "weights": "nothing"},
    "evaluate": {"weights": "nothing", "data": "empty"},
    "gallery build": {"from-model": "1", "weights": "nothing", "gallery": "gallery"},
    "gallery population": {"weights": "nothing"},
    "gallery add": {"photos": "empty", "consent": "all", "weights": "nothing", "gallery": "gallery"},
    "gallery search": {"photo": "absent.jpg", "gallery": "gallery"},
    "gallery remove": {"gallery": "gallery"},
    "gallery merge": {"folders": "empty", "gallery": "gallery"},
    "gallery means": {"folder": "empty", "labels": "labels.csv", "by": "side", "output": "out", "weights": "nothing"},
    "gallery list": {"gallery": "gallery"},
    "directions find": {"weights": "nothing", "data": "empty", "labels": "labels.csv", "attribute": "side=side"},
    "directions principal": {"weights": "nothing"},
    "directions closed-form": {"weights": "nothing"},
    "train composite": {"folder": "empty", "output": "out.safetensors"},
    "train encoder": {"weights": "nothing"},
    "train faces": {"folder": "empty", "crop": "square"},
    **{f"train {recipe}": {"folder": "empty", "output": "run"} for recipe in RECIPES},
    "train voice": {"voices": "nobody", "output": "out.safetensors"},
    "train resume": {"run": "empty"},
    "weights info": {"file": "labels.csv"},
    "weights convert": {"file": "labels.csv", "output": "out.safetensors"},
}


def commands(group: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group:
        if not name.startswith("-"):
            inside = list(commands(group[name], (*path, name)))
            # A group may be a command too.
            yield from [*inside, *([] if inside and not group[name].default_command else [(*path, name)])]


COMMANDS = list(commands(app))


def options(path: tuple[str, ...]) -> list[Argument]:
    command = app
    for name in path:
        command = command[name]
    return [argument for argument in command.assemble_argument_collection() if argument.parse and not argument.children]


def refusal(option: Argument, value: str) -> str | None:
    """Return what the program says of the value as it reads it; None where it is taken."""
    option.tokens = []
    option.append(Token(keyword=option.name, value=value))
    try:
        option.convert_and_validate()
    except (CycloptsError, LikenessError) as error:
        return str(error).splitlines()[-1]
    return None


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands run, with a small show, an empty folder and labels; no name is looked up."""
    # What is tried as "../.." holds nothing else: other tests' pictures would be trained on.
    here = tmp_path / "deep" / "down"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("LIKENESS_HOME", str(here / "home"))
    # Where services are installed.
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setattr(trial, "WARM_UP_S", 0.0)
    # A show looks through everything that torch has made, at its start; here there are hundreds of starts.
    monkeypatch.setattr(gc, "collect", lambda: 0)
    (here / "tiny.toml").write_text("[show]\nplugins = []\n")
    (here / "small.toy").write_text("4 8 64")
    (here / "toys.py").write_text(TOYS)
    (here / "labels.csv").write_text("file,side\na.jpg,left\n")
    (here / "empty").mkdir()
    look_up: Callable[..., Any] = socket.getaddrinfo

    def numbers_only(host: str, port: int, *more: Any, **named: Any) -> Any:
        return look_up(host, port, *more, **{**named, "flags": socket.AI_NUMERICHOST})

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    return here


def tried(path: tuple[str, ...]) -> list[Argument]:
    """Return the options to run a command with: those that the recipes of training share, with one recipe."""
    shared = {argument.name for argument in options(("train", "gan"))} & {
        argument.name for argument in options(("train", "refine"))
    }
    if path == ("guard", "install"):
        # What it shares with the guard is tried there.
        skip = {argument.name for argument in options(("guard",))}
        return [option for option in options(path) if option.name not in skip]
    skip = shared if path in {("train", recipe) for recipe in RECIPES if recipe != "gan"} else set()
    return [option for option in options(path) if option.name not in skip]


def call(path: tuple[str, ...], option: Argument, value: str) -> list[str]:
    """Return the words of the command with the option, and with what it is given beside it."""
    name = option.name.lstrip("-").lower()
    words = [*path, *((f"{option.name}={value}",) if option.name.startswith("-") else ("--", value))]
    beside = {key: text for key, text in BESIDE.get(" ".join(path), {}).items() if key != name}
    if name == "osc-host":
        beside["osc-port"] = "39457"
    variadic = {"photos", "folders", "names"}
    named = [f"--{key}={text}" for key, text in beside.items() if key not in variadic]
    positional = [text for key, text in beside.items() if key in variadic]
    return [*path, *named, *words[len(path) :], *positional]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_number_out_of_its_range_is_refused_with_the_range(path: tuple[str, ...]) -> None:
    for option in options(path):
        kinds = re.findall(r"\b(?:int|float)\b", str(option.hint))
        if not kinds or "Literal" in str(option.hint) or "tuple" in str(option.hint):
            continue
        for value in ("9" * 40, "1e400", "nan", "inf", "-inf", "-99999"):
            said = refusal(option, value)
            assert said is not None, (option.name, value)
            assert option.name in said
        assert re.search(r" Give .*\d", str(refusal(option, "9" * 40))), option.name


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_hostile_value_ends_in_one_line_and_a_status(
    path: tuple[str, ...], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong: list[tuple[object, ...]] = []
    shown = False
    for option in tried(path):
        for value in (str(here / "empty") if each is FOLDER else each for each in HOSTILE):
            said = refusal(option, value)
            if said is not None and shown:
                # How a command prints a refusal was seen with its first one.
                continue
            shown = shown or said is not None
            try:
                main(call(path, option, value))
            except SystemExit as end:
                code = end.code or 0
            # All that fails is listed at once.
            except Exception as error:  # noqa: BLE001
                capfd.readouterr()
                wrong.append((option.name, value[:40], repr(error)[:300]))
                continue
            printed = capfd.readouterr()
            status, lines = code, printed.err.strip().splitlines()
            told = [line for line in lines if line.startswith("likeness: ")]
            fine = status == 2 and len(told) == 1 and len(told[0]) < 1500
            done = status in (0, 1) and (printed.out.strip() or told)
            checked = path == ("check",) and "The show c" in printed.out
            if "Traceback" in printed.err or not (fine or done or checked):
                wrong.append((option.name, value[:40], status, [line[:200] for line in lines], printed.out[-200:]))
    assert not wrong, "\n".join(map(repr, wrong))
