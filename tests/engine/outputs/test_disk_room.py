"""A disk that a recording will fill is told ten minutes ahead, and again at two."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from likeness.outputs import disk_file, disk_room, frames
from likeness.outputs.disk_room import DiskRoom
from likeness.outputs.files import open_file

MB = 10**6


class Disk:
    """Fills by what is written, and by others."""

    def __init__(self, free: int, others: int = 0) -> None:
        self.free, self.others, self.seconds, self.written = free, others, 0, 0
        self.room = DiskRoom("film", Path("/disk"), lambda folder: self.free, lambda: float(self.seconds))

    def write(self, seconds: int, rate: int) -> None:
        for _ in range(seconds):
            self.seconds, self.written, self.free = (
                self.seconds + 1,
                self.written + rate,
                self.free - rate - self.others,
            )
            self.room.check(self.written)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_it_is_told_once_ten_minutes_ahead_and_once_at_two(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk(20 * 60 * MB)
    disk.write(9 * 60, MB)
    assert disk.room.minutes == pytest.approx(11)
    assert not said(caplog)
    disk.write(2 * 60, MB)
    assert disk.room.minutes == pytest.approx(9)
    assert len(said(caplog)) == 1
    assert "film fills its disk in about 10 minutes at this rate" in said(caplog)[0]
    disk.write(6 * 60, MB)
    assert len(said(caplog)) == 1
    disk.write(2 * 60, MB)
    assert len(said(caplog)) == 2
    assert "in about 2 minutes" in said(caplog)[1]
    disk.write(50, MB)
    assert len(said(caplog)) == 2


def test_a_disk_that_is_almost_full_at_the_start_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    Disk(40 * MB).write(20, MB)
    assert len(said(caplog)) == 1
    assert "in about 34 s" in said(caplog)[0]


def test_what_others_write_to_the_same_disk_counts(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk(40 * 60 * MB, others=9 * MB)
    disk.write(10, MB)
    assert disk.room.minutes == pytest.approx(4, abs=0.2)


def test_it_follows_the_rate_of_the_last_minute() -> None:
    disk = Disk(10**6 * MB)
    disk.write(300, 10 * MB)
    disk.write(61, MB)
    assert disk.room.minutes == pytest.approx(disk.free / MB / 60, rel=0.01)


def test_a_recording_that_does_not_grow_and_a_folder_that_is_gone_say_nothing(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    disk = Disk(MB)
    disk.write(100, 0)
    assert disk.room.minutes is None
    room = DiskRoom("film", tmp_path / "gone")
    room.check(10)
    assert room.minutes is None
    assert not said(caplog)


@pytest.mark.parametrize("name", ["film.mkv", "face-%03d.png"])
def test_every_kind_of_recording_looks_at_its_disk_on_the_thread_that_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    for module, setting in ((disk_file, "SYNC_S"), (frames, "CHECKED_S")):
        monkeypatch.setattr(module, setting, 0.0)
    monkeypatch.setattr(disk_room, "LEAST_S", 1e-9)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    output = open_file(tmp_path / name, 30.0, offline=True)
    for level in range(0, 200, 4):
        output.show(np.full((64, 64, 3), level, np.uint8), 0.0)
    output.close()
    assert "fills its disk in about 1 s" in caplog.text
    assert {record.threadName for record in caplog.records} == {f"write {output.name}"}
    assert output.disk_minutes == pytest.approx(0.0, abs=0.1)
