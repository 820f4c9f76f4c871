import os
import sys
from pathlib import Path

import pytest

from likeness.files.working_folder import leave_removed_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that somebody is in")


@pytest.fixture
def removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()


def test_a_folder_that_is_there_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert leave_removed_folder() is None
    assert Path.cwd() == tmp_path


@pytest.mark.usefixtures("removed")
@pytest.mark.parametrize("home", ["there", "absent"])
def test_a_removed_folder_is_left_for_the_home_or_the_root_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, home: str
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / home))
    wanted = tmp_path / "there" if home == "there" else Path(os.sep)
    assert leave_removed_folder() == wanted
    assert Path.cwd() == wanted
    (line,) = caplog.messages
    assert "was removed" in line
    assert str(wanted) in line
