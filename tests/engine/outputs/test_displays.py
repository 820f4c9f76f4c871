import socket
from pathlib import Path

import pytest

from likeness.errors import OutputError
from likeness.outputs.displays import Display, displays, has_display


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take every hint of a display away."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return monkeypatch


def test_without_a_display_server_there_is_no_display(nothing: pytest.MonkeyPatch) -> None:
    assert not has_display()


def test_a_display_server_that_answers_is_a_display(nothing: pytest.MonkeyPatch, xvfb: str) -> None:
    nothing.setenv("DISPLAY", xvfb)
    assert has_display()
    nothing.setenv("DISPLAY", f"{xvfb}.0")
    assert has_display()


@pytest.mark.parametrize("stale", [":98765", "localhost:59534", "nonsense", ":", "nobody.invalid:0"])
def test_a_display_that_does_not_answer_is_none(nothing: pytest.MonkeyPatch, stale: str) -> None:
    nothing.setenv("DISPLAY", stale)
    assert not has_display()


def test_a_wayland_compositor_that_answers_is_a_display(nothing: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nothing.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    nothing.setenv("WAYLAND_DISPLAY", "wayland-7")
    assert not has_display()
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-7"))
        compositor.listen()
        assert has_display()


@pytest.mark.parametrize(("driver", "seen"), [("dummy", False), ("offscreen", False), ("kmsdrm", True)])
def test_a_driver_that_the_user_chose_decides(nothing: pytest.MonkeyPatch, driver: str, seen: bool) -> None:
    nothing.setenv("SDL_VIDEODRIVER", driver)
    assert has_display() is seen


def test_displays_are_named_with_number_and_size(nothing: pytest.MonkeyPatch, xvfb: str) -> None:
    nothing.setenv("DISPLAY", xvfb)
    assert displays() == [Display(0, 640, 480, 0)]
    assert str(displays()[0]) == "display 0 (640×480)"
    assert str(Display(1, 1920, 1080, 60)) == "display 1 (1920×1080 at 60 Hz)"


def test_asking_for_displays_where_there_are_none_says_what_to_do(nothing: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="desktop session"):
        displays()
