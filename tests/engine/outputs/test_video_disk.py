"""What is on the disk when the process is killed, the disk is full or the place is none."""

import inspect
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.engine.outputs.film_sound import RATE, onsets, sound_of
from tests.engine.outputs.films import coded, decoded, decoded_until_broken, numbered, numbers, record
from tests.engine.sounds import click, placed, write_wav

from likeness.errors import OutputError
from likeness.outputs.video import VideoOutput

Eventually = Callable[[Callable[[], object]], None]


def test_after_a_kill_all_but_the_last_second_is_there_and_of_the_sound_too(tmp_path: Path) -> None:
    path, heard, at = tmp_path / "v.mp4", tmp_path / "heard.mp4", [n / 4 for n in range(1, 40)]
    wav = write_wav(tmp_path / "a.wav", placed(click(), at, 10.0))
    show = subprocess.Popen(
        [sys.executable, "-c", SHOW_ON, str(path), str(heard), str(wav)], stdout=subprocess.PIPE, text=True
    )
    assert show.stdout
    shown = 0
    try:
        while shown < 100:  # 3.3 seconds
            line = show.stdout.readline()
            assert line, "the show ended on its own"
            shown = int(line)
        show.send_signal(signal.SIGKILL)
        rest, _ = show.communicate(timeout=30)
        shown = max([shown, *map(int, rest.split())])
    finally:
        show.kill()
        show.wait()
    for film in (path, heard):
        pictures, times = decoded(film)
        assert len(pictures) >= shown - 30
        assert numbers(pictures) == list(range(len(pictures)))
        assert times == [Fraction(n, 30) for n in range(len(pictures))]
    track = sound_of(heard)
    assert len(track) >= (shown - 30) / 30 * RATE
    before = [when for when in at if when < len(track) / RATE - 0.05]
    assert onsets(track, before, 0.1) == pytest.approx(before, abs=0.003)


SHOW_ON = f"""
import sys
from pathlib import Path
import numpy as np
from likeness.audio.file import AudioFile
from likeness.show.clock import RealClock
from likeness.outputs.video import VideoOutput
{inspect.getsource(coded)}
output, clock = VideoOutput(Path(sys.argv[1]), 30, offline=False), RealClock(30)
sound = AudioFile(Path(sys.argv[3])).open_sound()
heard = VideoOutput(Path(sys.argv[2]), 30, offline=False, sound=sound)
for shown in range(256):
    tick = clock.tick()
    # Times of a show that is never late, so that the test can count; the waiting is real.
    output.show(coded(shown), shown / 30)
    heard.show(coded(shown), shown / 30)
    print(shown + 1, flush=True)
"""


def test_a_disk_that_fills_up_ends_in_an_output_error_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    limit = 300_000
    run = subprocess.run(
        [sys.executable, "-c", SHOW_UNTIL_FULL, str(path), str(limit)], capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr
    told = run.stdout.splitlines()
    assert told[0].startswith("OutputError: video")
    assert "the file is as large as this system allows" in told[0]
    assert told[1] == "closed"
    pictures, _ = decoded_until_broken(path)
    assert 0 < path.stat().st_size <= limit
    assert len(pictures) >= 15
    assert "Traceback" not in run.stderr


# A limit on the size of files fails the same write with another number, and needs no right to mount a small disk.
SHOW_UNTIL_FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from likeness.errors import OutputError
from likeness.outputs.video import VideoOutput
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
output = VideoOutput(Path(sys.argv[1]), 30, offline=True)
rng = np.random.default_rng(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for index in range(1000):
        output.show(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), index / 30)
except OutputError as error:
    print(f"OutputError: {error}")
output.close()
print("closed")
"""


def test_a_real_disk_without_room_says_that_it_is_full(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    try:
        rng = np.random.default_rng(0)
        output = VideoOutput(disk / "v.mp4", 30.0, offline=True)

        def play() -> None:
            for index in range(1000):
                output.show(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), index / 30)

        with pytest.raises(OutputError, match=r"v\.mp4 cannot be written: the disk is full; free some space"):
            play()
        output.close()
        assert len(decoded_until_broken(disk / "v.mp4")[0]) >= 15
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_absent_folders_are_made_and_a_recording_without_pictures_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "v.mp4"
    record(path, [])
    assert path.parent.is_dir()
    assert not path.exists()


@pytest.mark.parametrize("name", ["file/v.mp4", "folder.mp4"])
def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match=r"cannot be written: .*(choose|give)"):
        VideoOutput(tmp_path / name, 30.0, offline=True)


def test_the_picture_on_the_disk_is_never_more_than_a_second_old(tmp_path: Path, eventually: Eventually) -> None:
    path = tmp_path / "v.mp4"
    output = VideoOutput(path, 30.0, offline=False, room=200)
    for index, picture in enumerate(numbered(60)):
        output.show(picture, index / 30)
    eventually(lambda: len(decoded_until_broken(path)[0]) >= 30)
    output.close()
