"""What no show can begin with is refused at once, before anything large is imported or opened."""

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from likeness.commands.early_checks import refuse_early, refuse_no_take, refuse_photos, refuse_played
from likeness.errors import AbsentDisplayError, InputError, LikenessError, OutputError, PhotoError
from likeness.options import DEFAULTS
from likeness.parameters.presets import Preset

ASK = """
import sys
from likeness.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    print(end.code, "torch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"outputs": ["a.xyz"]}, "nothing here writes .xyz"),
        ({"outputs": ["nul"]}, "did you mean -o null?"),
        ({"outputs": ["window", "gopher://stage:70"]}, "kinds that work"),
        ({"weights": "nobody"}, "no weights 'nobody'"),
        ({"plugins": [Path("nobody.py")]}, "there is no plugin file nobody.py"),
        ({"take": Path("night.mp4")}, "such as night.take"),
        ({"audio": "nobody.wav"}, "nobody.wav is not there"),
        ({"audio": "default", "offline": True}, "a render takes its audio from a file"),
        ({"outputs": ["a.mp4", "a.mp4"]}, "is given twice"),
        ({"outputs": ["null"], "profile": "vp9"}, "says how a film is coded, and no output is one"),
        ({"outputs": ["a.mov"], "profile": "vp9"}, "vp9 goes into .mp4, .mkv"),
        ({"outputs": ["a.mp4"], "size": (9000, 9000)}, "are more than h264 holds"),
        ({"outputs": ["a.mp4"], "size": (5000, 5000), "heads": 2}, "10000x5000 px are more than h264 holds"),
        ({"outputs": ["a.mp4"], "alpha": True}, "name a .mov"),
        ({"outputs": ["a.mkv"], "alpha": True}, "--profile prores4444, vp9, ffv1"),
        ({"outputs": ["a.png"], "alpha": True}, "name one that ends in .mov"),
        ({"outputs": ["ndi:x"], "offline": True}, "does not wait for other programs"),
        ({"outputs": [f"{__file__}/a.mp4"]}, "is no folder; name another place"),
        ({"take": Path(__file__) / "night.take"}, "is no folder; name another place"),
        ({"camera": "nobody.mp4"}, "there is no camera 'nobody.mp4'"),
        ({"camera": "0", "offline": True}, "a render takes a file as its camera"),
        ({"outputs": ["null"], "osc_host": "999.1.1.1", "osc_port": 9000}, "is not an address to listen on"),
        ({"outputs": ["null"], "web_host": "999.1.1.1", "web_port": 9001}, "try --web-host 127.0.0.1"),
        ({"outputs": ["null"], "dmx": "999.1.1.1"}, "no IPv4 address of this machine"),
        ({"outputs": ["null"], "audience": "ftp://stage"}, "is no address such as"),
    ],
)
def test_what_no_show_can_begin_with_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(LikenessError, match=words):
        refuse_early(replace(DEFAULTS, **{"osc_port": 0, "web_port": 0} | options))


def test_what_a_show_can_begin_with_is_not_refused(tmp_path: Path) -> None:
    outputs = ["null", str(tmp_path / "a.mp4"), str(tmp_path), "udp://127.0.0.1:9000"]
    take = tmp_path / "new" / "night.take"
    refuse_early(replace(DEFAULTS, outputs=outputs, weights="composite-256", take=take, osc_port=0))
    refuse_early(replace(DEFAULTS, outputs=[str(tmp_path / "a.mov")], alpha=True, osc_port=0))


def test_a_window_is_refused_where_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(AbsentDisplayError, match="no display here"):
        refuse_early(replace(DEFAULTS, osc_port=0, web_port=0))


def test_a_port_that_another_show_has_is_refused_unless_the_show_only_follows() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        options = replace(DEFAULTS, outputs=["null"], osc_port=other.getsockname()[1], web_port=0)
        with pytest.raises(InputError, match="close the program that has it"):
            refuse_early(options)
        refuse_early(replace(options, shadow="127.0.0.1:9001"))


def test_displays_and_films_are_held_against_the_heads_and_the_size_of_the_preset() -> None:
    preset = Preset.model_validate({"show": {"heads": 2, "size": "5000x5000"}})
    with pytest.raises(OutputError, match=r"3 displays for 2 head"):
        refuse_played(preset, replace(DEFAULTS, displays=[0, 1, 2]))
    with pytest.raises(OutputError, match="10000x5000 px"):
        refuse_played(preset, replace(DEFAULTS, outputs=["a.mp4"]))
    refuse_played(preset, replace(DEFAULTS, outputs=["a.mp4"], size=(64, 64)))
    with pytest.raises(LikenessError, match="no weights 'nobody'"):
        refuse_played(preset, replace(DEFAULTS, weights="nobody"))


def test_photos_of_which_none_is_there_are_refused_and_one_of_several_may_be_absent(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    with pytest.raises(PhotoError, match=r"there is no photo .*a\.jpg"):
        refuse_photos([photo], "to edit")
    photo.touch()
    refuse_photos([photo, tmp_path / "b.jpg"], "to edit")
    with pytest.raises(LikenessError, match="no photo to edit"):
        refuse_photos([], "to edit")


def test_a_text_that_is_called_a_sound_is_refused_without_a_number(tmp_path: Path) -> None:
    sound = tmp_path / "song.wav"
    sound.write_text("la la la")
    with pytest.raises(InputError, match="there is no sound in it; give a WAV file") as caught:
        refuse_early(replace(DEFAULTS, audio=str(sound)))
    assert "Errno" not in str(caught.value)


def test_a_file_that_is_no_take_is_refused(tmp_path: Path) -> None:
    take = tmp_path / "night.take"
    with pytest.raises(InputError, match="No such file"):
        refuse_no_take(take)
    take.write_text("not packed")
    with pytest.raises(InputError, match="is no take"):
        refuse_no_take(take)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "--output", "a.mp4", "--alpha"], "name a .mov"),
        (["play", "--output", "null", "--display", "0", "--display", "1"], "2 displays for 1 head(s)"),
        (["edit", "absent.jpg", "-d", "smile=1", "-o", "a.png"], "there is no photo absent.jpg"),
    ],
)
def test_it_is_refused_before_torch_is_imported(words: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]
    assert said in done.stderr
