"""What no show can begin with is refused at once, before anything large is imported or opened."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from likeness.commands.early_checks import refuse_early, refuse_no_take
from likeness.errors import InputError, LikenessError
from likeness.options import DEFAULTS

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
    ],
)
def test_what_no_show_can_begin_with_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(LikenessError, match=words):
        refuse_early(replace(DEFAULTS, **options))


def test_what_a_show_can_begin_with_is_not_refused(tmp_path: Path) -> None:
    outputs = ["window", "null", str(tmp_path / "a.mp4"), str(tmp_path), "udp://127.0.0.1:9000"]
    refuse_early(replace(DEFAULTS, outputs=outputs, weights="composite-256", take=tmp_path / "night.take"))


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


def test_it_is_refused_before_torch_is_imported() -> None:
    words = ["play", "--output", "a.xyz", "--audio", "off"]
    done = subprocess.run([sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]
    assert "nothing here writes .xyz" in done.stderr
