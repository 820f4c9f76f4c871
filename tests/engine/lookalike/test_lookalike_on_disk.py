"""A visitor comes, is matched, shown and forgotten, in a real show with its processes; no file knows of them."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.cues.autosave import autosave_file, read_autosave
from likeness.files.paths import find_weights
from likeness.options import QUIET
from likeness.parameters.presets import Preset
from likeness.picture import to_picture
from likeness.show.show import Show

# Two processes open torch and their models, 25 s of one core in all; with busy neighbours that took two minutes.
DEADLINE_S = 280.0
WINDOW = 48


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders in which a process may write, all in one place; returned is what is searched."""
    searched = tmp_path / "searched"
    for name in ("home", "tmp", "cwd"):
        (searched / name).mkdir(parents=True)
    monkeypatch.setenv("LIKENESS_HOME", str(searched / "home"))
    monkeypatch.setenv("TMPDIR", str(searched / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(searched / "tmp"))
    monkeypatch.chdir(searched / "cwd")
    return searched


@pytest.fixture
def visit(tmp_path: Path) -> Path:
    """A video of somebody who moves before a wall; beside what is searched."""
    generator = open_generator(find_weights("composite-256"))
    face = np.asarray(to_picture(generator.synthesize(0.7 * generator.sample([5]))))
    path = tmp_path / "visit.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 400, 320, "yuv420p"
        for index in range(40):
            wall = np.full((320, 400, 3), (90, 130, 70), np.uint8)
            left = 60 + round(10 * np.sin(index / 4))
            wall[32:288, left : left + 256] = face
            container.mux(stream.encode(av.VideoFrame.from_ndarray(wall, format="rgb24")))
        container.mux(stream.encode())
    return path


def needles(name: str, array: np.ndarray) -> list[tuple[str, bytes]]:
    """Pieces of an array's bytes that are no accident: of a picture some rows, of numbers some runs."""
    raw = np.ascontiguousarray(array).tobytes()
    starts = range(len(raw) // 8, len(raw) - WINDOW, max(len(raw) // 12, 1))
    pieces = [(name, raw[start : start + WINDOW]) for start in starts]
    return [(name, piece) for name, piece in pieces if len(set(piece)) > 8]


def open_files() -> Iterator[Path]:
    """What this process and its children hold open, with a file behind it."""
    us = os.getpid()
    children = [
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and f"\nPPid:\t{us}\n" in _read(entry / "status").decode(errors="replace")
    ]
    for pid in (str(us), *children):
        for link in (Path("/proc") / pid / "fd").glob("*"):
            try:
                target = Path(os.readlink(link))
            except OSError:
                continue
            if target.is_file():
                yield link


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def found_in(room: Path, sought: list[tuple[str, bytes]], without: Path) -> list[tuple[str, str]]:
    files = [path for path in room.rglob("*") if path.is_file()]
    files += [link for link in open_files() if without != link.resolve() and ".venv" not in str(link.resolve())]
    found = []
    for path in files:
        raw = _read(path)
        found += [(str(path), name) for name, needle in sought if needle in raw]
    return found


@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc, to see what is open")
def test_no_file_holds_a_visitor_and_forgetting_leaves_nothing_in_memory(room: Path, visit: Path) -> None:
    preset = Preset.model_validate({"show": {"plugins": ["random_walk", "lookalike"], "size": "256x256"}})
    lengths = {"attack": "0.3", "hold": "0.3", "blend": "0.3", "photo_s": "60", "steps": "3", "remember": "600"}
    settings = {f"lookalike.{name}": value for name, value in lengths.items()}
    options = replace(
        QUIET, weights="composite-256", fps=10, offline=True, camera=str(visit), autosave=True, settings=settings
    )
    with Show(preset, options) as show:
        torch.set_num_threads(1)
        plugin = next(slot.plugin for slot in show.host.rack if slot.name == "lookalike")
        deadline = time.monotonic() + DEADLINE_S

        def play(until: Callable[[], bool]) -> None:
            while not until():
                assert time.monotonic() < deadline, plugin._visitors.visitors()  # type: ignore[attr-defined]
                show.loop.frame()
                # The processes start meanwhile, on the same cores: fewer frames leave them more.
                time.sleep(0.1)

        play(lambda: plugin._mix.photo == 1)  # type: ignore[attr-defined]
        visitor = plugin._visitor  # type: ignore[attr-defined]
        play(lambda: visitor.match is not None)
        portrait, embedding, latent = visitor.portrait.copy(), visitor.embedding.copy(), visitor.latent.clone()
        # The very moments at which a show writes: a cue is stored, and the state is saved.
        show.cues.cues.store(1)
        saved = autosave_file().stat().st_mtime_ns if autosave_file().is_file() else 0
        cue = room / "home" / "cues" / "main" / "1.safetensors"
        play(lambda: cue.is_file() and autosave_file().is_file() and autosave_file().stat().st_mtime_ns != saved)

        sought = needles("portrait", portrait) + needles("embedding", embedding)
        for kind in (torch.float32, torch.float16):
            sought += needles(f"latent {kind}", latent.to(kind).numpy())
        assert len({name for name, _ in sought}) == 4
        assert found_in(room, sought, visit) == []
        last = read_autosave()
        assert last is not None
        apart = [(last[1] - other).norm() for other in (latent, show.generator.mean)]
        assert apart[0] > 0.3 * apart[1], "the saved face is not the visitor's"

        show.store.set("lookalike.forget", 1)
        for _ in range(3):
            show.loop.frame()
        assert plugin._visitors.visitors() == ()  # type: ignore[attr-defined]
        assert visitor.forgotten
        assert not visitor.portrait.any()
        assert not visitor.embedding.any()
        assert visitor.latent is None
        assert plugin._shown is None  # type: ignore[attr-defined]
        assert not plugin._pictures  # type: ignore[attr-defined]
        assert found_in(room, sought, visit) == []
        # The search finds what is there.
        cv2.imwrite("kept.bmp", portrait[..., ::-1])
        np.save("kept.npy", portrait)
        assert {name for _, name in found_in(room, sought, visit)} == {"portrait"}
    assert [path for path in (room / "tmp").rglob("*") if path.is_file()] == []
