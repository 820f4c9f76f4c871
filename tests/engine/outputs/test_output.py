"""The contract of `Output`, kept by every one there is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.outputs.files import open_file
from likeness.outputs.fitting import FittedOutput
from likeness.outputs.output import MemoryOutput, NullOutput, Output
from likeness.outputs.sending.kinds import open_sent
from likeness.outputs.sending.sender import SentOutput
from likeness.picture import Picture

FILES = ("a.mp4", "a.mov", "a.mkv", "a.gif", "a-%03d.png")
Maker = Callable[..., Picture]


def window(monkeypatch: pytest.MonkeyPatch, display: str) -> Output:
    from likeness.outputs.window import WindowOutput

    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    return WindowOutput(
        size=None, display=0, windowed=True, fps=30, title="contract", on_key=str.lower, on_close=lambda: None
    )


class Swallows:
    """Takes everything."""

    def send(self, picture: Picture, at: float) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture(
    params=["memory", "null", "fitted", "window", "sent", "stream", *FILES, *(f"offline {name}" for name in FILES)]
)
def output(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Output]:
    kind = request.param
    if kind == "memory":
        made: Output = MemoryOutput()
    elif kind == "null":
        made = NullOutput()
    elif kind == "fitted":
        made = FittedOutput(MemoryOutput(), 40, 30)
    elif kind == "sent":
        made = SentOutput("sent", lambda size, channels: Swallows())
    elif kind == "stream":
        # Nobody listens there.
        made = open_sent("tcp://127.0.0.1:9", 30.0)
    elif kind == "window":
        made = window(monkeypatch, request.getfixturevalue("xvfb"))
    else:
        made = open_file(tmp_path / kind.removeprefix("offline "), 30.0, offline="offline" in kind)
    yield made
    made.close()


def test_it_takes_pictures_of_any_layout_and_size_and_changes_none(output: Output, picture: Maker) -> None:
    whole = picture(64, 48)
    shown = [whole, whole[:, ::-1], np.asfortranarray(whole), picture(33, 17), np.broadcast_to(whole[0, 0], (8, 8, 3))]
    kept = [each.copy() for each in shown]
    for each in shown:
        each.setflags(write=False)
    for index, each in enumerate(shown):
        output.show(each, index / 30)
    output.close()
    assert all((each == before).all() for each, before in zip(shown, kept, strict=True))


def test_it_has_a_name_for_messages(output: Output) -> None:
    assert output.name


def test_closing_twice_is_safe_and_closing_before_the_first_picture_too(output: Output) -> None:
    output.close()
    output.close()


def test_a_picture_after_the_end_is_refused_and_says_so(output: Output, picture: Maker) -> None:
    output.show(picture(), 0.0)
    output.close()
    with pytest.raises(OutputError, match="closed"):
        output.show(picture(), 0.1)
