"""Plugins are found in folders and installed packages, and imported by path."""

import sys
from pathlib import Path

import pytest

from likeness.errors import PluginError
from likeness.host.discovery import find_plugins, installed_plugins, load_plugin

GOOD = "class Plugin:\n    word = 'good'\n"


def test_a_later_folder_replaces_an_earlier_one(tmp_path: Path) -> None:
    for folder in ("bundled", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "walk.py").write_text(GOOD)
    (tmp_path / "bundled" / "_shared.py").write_text("")
    found = find_plugins([tmp_path / "bundled", tmp_path / "own", tmp_path / "absent"])
    assert found == {"walk": tmp_path / "own" / "walk.py"}


def test_a_file_becomes_an_instance_of_its_plugin_class(tmp_path: Path) -> None:
    path = tmp_path / "walk.py"
    path.write_text(GOOD)
    assert getattr(load_plugin("walk", {"walk": path}), "word", "") == "good"


def test_an_unknown_plugin_answers_with_the_nearest() -> None:
    with pytest.raises(PluginError, match="no plugin 'random_wlak'; nearest: random_walk"):
        load_plugin("random_wlak", {"random_walk": Path("random_walk.py")})


def test_a_file_without_a_plugin_class_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_text("Plugin = 3\n")
    with pytest.raises(PluginError, match="there is no `class Plugin`"):
        load_plugin("empty", {"empty": path})


def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import nothing_of_that_name\n")
    with pytest.raises(ModuleNotFoundError):
        load_plugin("broken", {"broken": path})
    assert "likeness_plugin_broken" not in sys.modules


def test_an_installed_package_adds_its_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "strange_faces.py").write_text(GOOD)
    info = tmp_path / "strange_faces-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strange-faces\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[likeness.plugins]\nstrange = strange_faces:Plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert installed_plugins() == {"strange": "strange_faces:Plugin"}
    assert getattr(load_plugin("strange", {}), "word", "") == "good"
