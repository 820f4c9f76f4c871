"""Files that change on disk are told once each, when they are whole."""

import os
from pathlib import Path

from likeness.errors import PluginError
from likeness.show.file_watcher import FileWatcher


def touch(path: Path, text: str, at_ns: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(at_ns, at_ns))


def test_a_saved_file_is_told_once_and_only_when_it_has_come_to_rest(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "walk.py"
    touch(path, "one", 1)
    watch = FileWatcher(lambda: [("walk", path)], told.append)
    watch.check()
    watch.check()
    assert told == []
    touch(path, "on", 2)
    watch.check()
    touch(path, "one two", 3)
    watch.check()
    assert told == []
    for _ in range(5):
        watch.check()
    assert told == ["walk"]


def test_a_file_that_is_gone_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "walk.py"
    touch(path, "one", 1)
    watch = FileWatcher(lambda: [("walk", path)], told.append)
    watch.check()
    path.unlink()
    watch.check()
    touch(path, "new", 2)
    for _ in range(3):
        watch.check()
    assert told == ["walk"]


def test_a_reload_that_is_refused_does_not_end_the_watch(tmp_path: Path) -> None:
    told: list[str] = []

    def refuse(name: str) -> None:
        told.append(name)
        raise PluginError("it is not in the rack")

    path = tmp_path / "walk.py"
    touch(path, "one", 1)
    watch = FileWatcher(lambda: [("walk", path)], refuse)
    for at in (1, 2, 3):
        touch(path, "text", at)
        watch.check()
        watch.check()
    assert told == ["walk", "walk"]


def test_it_looks_by_itself_until_it_is_closed(tmp_path: Path) -> None:
    import threading

    seen = threading.Event()
    path = tmp_path / "walk.py"
    touch(path, "one", 1)
    watch = FileWatcher(lambda: [("walk", path)], lambda name: seen.set())
    watch.start()
    touch(path, "two", 2)
    assert seen.wait(20.0)
    watch.close()
    watch.close()
