"""A whole set, played by a second process over UDP and MIDI: the recorded video shows each message at its frame."""

import itertools
import json
import math
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import pytest
from tests.engine.set_player import CONTROLLER

from likeness.options import QUIET
from likeness.parameters.midi_binding import Binding
from likeness.parameters.presets import Preset, ShowTable
from likeness.picture import Picture
from likeness.show.clock import LONGEST_DT_S
from likeness.show.show import Show

FPS = 25.0
# A busy machine's: from the sending of a message until a frame has taken it.
TRANSPORT_S = 1.5
# Of 255: what the encoder and 4:2:0 make of a flat stripe.
NEAR = 6
DEADLINE_S = 20.0
LEVEL, OTHER = "stripes.level", "stripes.other"

# The set is played by a real controller where the machine has MIDI: one such system for all tests.
pytestmark = pytest.mark.xdist_group("midi")


@dataclass(frozen=True)
class Seen:
    """One frame of the show: when it was on the show's clock and on the system's, and what was asked of it."""

    at: float
    now: float
    beat: float
    values: dict[str, Any]
    dark: bool
    drawn: bool


class Witness:
    """An output that notes each frame."""

    name = "witness"

    def __init__(self, show: Show) -> None:
        self._show = show
        self.frames: list[Seen] = []

    def show(self, picture: Picture, at: float) -> None:
        values = dict(self._show.store.snapshot["stripes"])
        beat, dark = self._show.transport.moment.beat, bool(self._show.store.snapshot["master"]["blackout"])
        drawn = self._show.loop.drawn is not None
        self.frames.append(Seen(at, time.monotonic(), beat, values, dark, drawn))

    def close(self) -> None:
        pass


class Film:
    """The recorded video, read as the four stripes' brightness, in [-1, 1], of the frame at each moment."""

    def __init__(self, path: Path, start: float) -> None:
        with av.open(str(path)) as file:
            pictures = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
        self._start = start
        self.stripes = [[float(p[16 * k + 4 : 16 * k + 12].mean()) for k in range(4)] for p in pictures]

    def at(self, seen: Seen) -> list[float]:
        """Return the stripes at the time of a frame of the show, from 0 to 255."""
        return self.stripes[min(round((seen.at - self._start) * FPS), len(self.stripes) - 1)]


def shade(level: float) -> float:
    """Return how bright a stripe of this level is, from 0 to 255."""
    return 127.5 * math.tanh(level) + 128


class Night:
    """What was sent, what the show saw, and the film of it."""

    def __init__(self, sent: dict[str, float], frames: list[Seen], film: Film) -> None:
        self.sent, self.frames, self.film = sent, frames, film

    def taken(self, name: str, **values: float) -> int:
        """Return the first frame after the message in which the parameters have these values; it came in time."""
        for index, seen in enumerate(self.frames):
            if seen.now >= self.sent[name] and all(seen.values[k] == pytest.approx(v) for k, v in values.items()):
                assert seen.now - self.sent[name] < TRANSPORT_S, name
                return index
        raise AssertionError(f"{name} was never seen")

    def shows(self, index: int, stripe: int, level: float) -> bool:
        """Whether the film shows the level in the frame, or in the one beside it where the recording's beat lies so."""
        near = self.frames[index : index + 2]
        return any(abs(self.film.at(seen)[stripe] - shade(level)) < NEAR for seen in near)

    def between(self, first: str, last: str) -> list[Seen]:
        """Return the frames from one message to another, but for those next to them."""
        margin = 2 / FPS
        return [seen for seen in self.frames if self.sent[first] + margin < seen.now < self.sent[last] - margin]


@pytest.fixture
def midi(request: pytest.FixtureRequest) -> int | None:
    try:
        return int(request.getfixturevalue("system"))
    except pytest.skip.Exception:
        return None


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path, midi: int | None, unused_udp_port: int) -> Night:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    sets, film = root / "tests" / "sets", tmp_path / "night.mp4"
    (tmp_path / "any.stripes").write_bytes(b"")
    preset = Preset(
        show=ShowTable(weights=str(tmp_path / "any.stripes"), psi=1.0),
        midi=(Binding("master.blackout", note=40),),
    )
    options = replace(
        QUIET,
        outputs=(str(film),),
        size=(64, 64),
        fps=FPS,
        plugins=[sets / "stripes.py"],
        osc_port=unused_udp_port,
        midi="off" if midi is None else "auto",
        backend="eager",
    )
    command = [sys.executable, str(root / "tests" / "engine" / "set_player.py"), str(sets / "first_night.toml")]
    command += [str(unused_udp_port), *([] if midi is None else [str(midi)])]
    player = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert player.stdin
    assert player.stdout
    with player, Show(preset, options) as show:
        witness = Witness(show)
        show.loop.outputs.add(witness)
        assert player.stdout.readline() == "ready\n"
        deadline = time.monotonic() + DEADLINE_S
        while midi is not None and CONTROLLER not in str(show.controls.counters()["MIDI"]):
            assert time.monotonic() < deadline, "the player's port was not found"
            show.loop.frame()
        player.stdin.write("go\n")
        player.stdin.flush()
        sent = heard(show, player)
        player.stdin.write("thanks\n")
        player.stdin.close()
    # The film begins with the first picture.
    started = next(seen.at for seen in witness.frames if seen.drawn)
    return Night(sent, witness.frames, Film(film, started))


def heard(show: Show, player: "subprocess.Popen[str]") -> dict[str, float]:
    """Play until the performer has played, and half a second on."""
    lines: list[str] = []
    assert player.stdout
    reading = threading.Thread(target=lambda: lines.append(player.stdout.readline()))  # type: ignore[union-attr]
    reading.start()
    end = time.monotonic() + 60.0
    while time.monotonic() < end:
        show.loop.frame()
        if lines and end - time.monotonic() > 1.0:
            end = time.monotonic() + 0.5
    reading.join()
    sent: dict[str, float] = json.loads(lines[0])
    return sent


def test_the_video_shows_each_message_of_the_set_at_its_frame(night: Night, midi: int | None) -> None:
    by_osc(night)
    if midi is None:
        pytest.skip("no virtual MIDI port here: learn, takeover and the pad were not played; what came by OSC was")
    by_midi(night)


def longest(frames: list[Seen]) -> float:
    """Return the longest frame in seconds."""
    return max(b.at - a.at for a, b in itertools.pairwise(frames))


def by_osc(night: Night) -> None:
    frames, film = night.frames, night.film
    # A value, at its frame.
    other = night.taken("other", other=0.75)
    assert night.shows(other, 1, 0.75)
    assert abs(film.at(frames[other - 2])[1] - shade(0.0)) < NEAR
    moved = night.taken("elsewhere", level=-0.75)
    assert night.shows(moved, 0, -0.75)
    gone = night.taken("other elsewhere", other=-0.5)

    # The cue waits for the bar, crosses over within one, and arrives on the next.
    started = next(i for i in range(gone, len(frames)) if frames[i].values["other"] != pytest.approx(-0.5))
    assert frames[started - 1].beat // 4 < frames[started].beat // 4
    line = frames[started].beat // 4 * 4
    arrived = next(i for i in range(started, len(frames)) if frames[i].values["other"] == pytest.approx(0.75))
    # The show's time stands still in a stall beyond a tenth of a second, the beat does not.
    stalls = sum(max(b.at - a.at - LONGEST_DT_S, 0.0) for a, b in itertools.pairwise(frames[started - 1 : arrived + 1]))
    assert frames[arrived].beat - (line + 4) == pytest.approx(0.0, abs=2 * (2 / FPS + stalls + longest(frames)))
    assert all(abs(film.at(seen)[1] - shade(-0.5)) < NEAR for seen in frames[gone + 2 : started - 1])
    way = [film.at(seen)[1] for seen in frames[started:arrived]]
    assert all(b > a - NEAR for a, b in itertools.pairwise(way))
    assert any(abs(value - shade(0.125)) < 40 for value in way)
    assert night.shows(arrived, 1, 0.75)

    # The face and the values of 4.4 seconds ago.
    past = night.taken("past", other=-0.5)
    assert night.shows(past, 1, -0.5)
    assert night.shows(past, 0, -0.75)

    # Dark in the frame that is asked for, and back.
    for name, dark in (("dark again", True), ("end", False)):
        index = next(i for i, seen in enumerate(frames) if seen.now >= night.sent[name] and seen.dark == dark)
        assert frames[index].now - night.sent[name] < TRANSPORT_S
        shown = [max(film.at(seen)) for seen in frames[index : index + 2]]
        assert min(shown) < NEAR if dark else max(shown) > 20


def by_midi(night: Night) -> None:
    frames, film = night.frames, night.film
    # Learning moves nothing; from below the knob does nothing; it meets the middle and takes the value along.
    still = night.between("learn", "meet")
    assert all(seen.values["level"] == 0.0 for seen in still)
    assert all(abs(film.at(seen)[0] - shade(0.0)) < NEAR for seen in still)
    top = 2 * 100 / 127 - 1
    assert night.shows(night.taken("meet", level=top), 0, top)
    followed = [seen.values["level"] for seen in night.between("meet", "other")]
    assert max(b - a for a, b in itertools.pairwise(followed)) < 2 * top
    # After another hand has moved the value the knob is away from it, and does nothing.
    assert all(seen.values["level"] == pytest.approx(-0.75) for seen in night.between("not met", "recall"))
    # The cue brings the value back that the knob had given.
    assert any(seen.values["level"] == pytest.approx(top) for seen in night.between("recall", "past"))
    # The pad: dark at its frame, lifted by OSC.
    dark = next(i for i, seen in enumerate(frames) if seen.now >= night.sent["blackout"] and seen.dark)
    assert frames[dark].now - night.sent["blackout"] < TRANSPORT_S
    assert min(max(film.at(seen)) for seen in frames[dark : dark + 2]) < NEAR
    lit = next(i for i, seen in enumerate(frames) if seen.now >= night.sent["blackout by OSC"] and not seen.dark)
    assert max(max(film.at(seen)) for seen in frames[lit : lit + 2]) > 20
