"""A render that cannot be what was asked for ends with a line and status 2, unless it is to keep going."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.engine.toy_family import TOYS

from likeness.cli import main
from likeness.files.paths import find_plugin_file

SHORT = ("--seconds", "0.5", "--fps", "10", "--size", "64x64", "--device", "cpu", "--backend", "eager")
LIGHT = ("--weights", "composite-256")
# Fails in its third frame alone.
FAILS = """
from likeness import hookimpl

class Plugin:
    @hookimpl
    def update(self, frame):
        if frame.index == 2:
            raise ValueError("no such colour")
"""
# Does not do what it is told.
REFUSES = """
from likeness import Text, hookimpl

class Plugin:
    @hookimpl
    def start(self, stage):
        stage.refuse("refuses: there is no lamp; plug one in")
"""


class Rendering:
    """Renders in a home of its own, with toy weights that take no time."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        for name, code in (("toys", TOYS), ("fails", FAILS), ("refuses", REFUSES)):
            (folder / f"{name}.py").write_text(code)
        (folder / "small.toy").write_text("4 8 64")
        self.toys = ("--plugin", str(folder / "toys.py"), "--weights", str(folder / "small.toy"))
        self.film = folder / "film.mkv"

    def render(self, *words: str) -> tuple[int, str]:
        """Return the status and what was said to stderr."""
        with pytest.raises(SystemExit) as ended:
            main(["render", *words, *SHORT, "-o", str(self.film)])
        return int(ended.value.code or 0), self._capsys.readouterr().err

    def frames(self) -> int:
        with av.open(str(self.film)) as film:
            return sum(1 for _ in film.decode(video=0))


@pytest.fixture
def rendering(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Rendering:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    return Rendering(tmp_path, capsys)


@pytest.mark.parametrize(
    ("plugin", "setting", "said"),
    [
        ("bend", "layer=eyes", "no layer 'eyes'"),
        ("bend", "swap_with=ears", "no layer 'ears'"),
        ("filter", "file=nowhere", "no filter 'nowhere'"),
        ("mix_networks", "weights=nope", "no weights 'nope'"),
    ],
)
def test_what_a_plugin_is_told_and_cannot_do_ends_a_render_before_its_first_picture(
    rendering: Rendering, plugin: str, setting: str, said: str
) -> None:
    status, err = rendering.render("demo", *LIGHT, "--plugin", plugin, "--set", f"{plugin}.{setting}")
    last = err.strip().splitlines()[-1]
    assert status == 2
    assert last.startswith(f"likeness: {plugin}: ")
    assert said in last
    assert last.endswith("--keep-going renders on all the same")
    assert "Traceback" not in err
    assert not rendering.film.exists()


def test_a_plugin_that_fails_ends_a_render_and_what_is_drawn_by_then_stays(rendering: Rendering) -> None:
    words = ("demo", *rendering.toys, "--plugin", str(rendering.folder / "fails.py"))
    status, err = rendering.render(*words)
    assert status == 2
    assert re.search(r"fails\.py:\d+: fails\.update failed: no such colour", err.strip().splitlines()[-1])
    assert "ERROR" not in err
    assert rendering.frames() == 2
    rendering.film.unlink()
    status, err = rendering.render(*words, "--keep-going")
    assert (status, rendering.frames()) == (0, 5)


@pytest.mark.parametrize("going", [(), ("--keep-going",)])
def test_a_plugin_that_cannot_start_or_be_loaded_ends_a_render(rendering: Rendering, going: tuple[str, ...]) -> None:
    (rendering.folder / "broken.py").write_text("import nothing_of_that_name")
    for name, said in (("refuses", "refuses: there is no lamp; plug one in"), ("broken", "nothing_of_that_name")):
        status, err = rendering.render(
            "demo", *rendering.toys, "--plugin", str(rendering.folder / f"{name}.py"), *going
        )
        assert status == (0 if going else 2)
        if not going:
            assert said in err.strip().splitlines()[-1]
        assert rendering.film.exists() is bool(going)
        rendering.film.unlink(missing_ok=True)


def test_a_puppet_without_a_camera_or_without_a_face_ends_with_status_2(rendering: Rendering) -> None:
    status, err = rendering.render("puppet", *LIGHT)
    assert status == 2
    assert "puppet: there is nobody to follow" in err.strip().splitlines()[-1]
    grey = rendering.folder / "grey.mkv"
    with av.open(str(grey), "w") as film:
        stream = film.add_stream("ffv1", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        picture = np.full((64, 64, 3), 128, np.uint8)
        for _ in range(5):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        film.mux(stream.encode(None))
    status, err = rendering.render("puppet", *LIGHT, "--camera", str(grey))
    assert status == 2
    assert "puppet: there is no face in the 5 pictures" in err.strip().splitlines()[-1]
    # It is whole, and may be what somebody wants all the same.
    assert rendering.frames() == 5
    status, err = rendering.render("puppet", *LIGHT, "--set", "puppet.bypass=1", "--force")
    assert status == 0


def test_a_value_out_of_range_is_told(rendering: Rendering, caplog: pytest.LogCaptureFixture) -> None:
    (rendering.folder / "loud.toml").write_text('[show]\nplugins = ["sharpen"]\n[sharpen]\nradius = 1e9\n')
    loud = str(rendering.folder / "loud.toml")
    status, _ = rendering.render(loud, *rendering.toys, "--set", "sharpen.amount=99", "--set", "master.brightness=0.5")
    assert status == 0
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert any("sharpen.amount: 99 is not a number from 0 to" in line and "is taken" in line for line in told)
    assert any(line.startswith("sharpen.radius: 1e+09 is not") for line in told)
    assert not any("brightness" in line for line in told)


def test_a_plugin_of_no_such_name_is_refused_with_the_nearest(rendering: Rendering) -> None:
    status, err = rendering.render("demo", "--plugin", "bned")
    assert status == 2
    assert err.strip().splitlines()[-1] == "likeness: no plugin 'bned'; nearest: bend"
    assert find_plugin_file("bend").name == "bend.py"
    status, err = rendering.render("demo", "--plugin", "there/bend.py")
    assert "there is no plugin file there/bend.py" in err
