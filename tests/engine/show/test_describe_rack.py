"""What surfaces are told of the rack while it plays: errors in words, files that come and go."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.show.rack_editor_rig import HEAD, SHIFT, Rig

from likeness.host.host import MOST_STRIKES
from likeness.show.clock import FixedClock
from likeness.show.describe_rack import GONE, RackDescription

FAILING = (
    '"""Fails at will."""\n'
    + HEAD.replace("import Bool", "import Bool, Trigger")
    + (
        "    @hookimpl\n    def declare_params(self):\n        return [Bool('fail')]\n\n"
        "    @hookimpl\n    def update(self, latent, params):\n        if params['fail']:\n            1 / 0\n"
    )
)
LINE = FAILING[: FAILING.index("1 / 0")].count("\n") + 1


class Told:
    """A description that is read as a page reads it; each reading is two seconds after the one before."""

    def __init__(self, show: Rig) -> None:
        self.now = 0.0
        self._description = RackDescription(
            show.store, show.host, show.rack_editor, watching=True, now=lambda: self.now
        )

    def __call__(self) -> dict[str, Any]:
        for _ in range(12):
            self._description.describe()
        self.now += 2.0
        told: dict[str, Any] = json.loads(json.dumps(self._description.describe()))
        return told

    def plugin(self, name: str) -> dict[str, Any]:
        return next(each for each in self()["plugins"] if each["name"] == name)

    def available(self) -> dict[str, dict[str, str]]:
        return {each["name"]: each for each in self()["available"]}


@pytest.fixture
def show(toy: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    rig = Rig(toy, FixedClock(50), tmp_path)
    rig.write("late", FAILING)
    rig.rack_editor.add("late")
    rig.plays("late")
    yield rig
    rig.close()


@pytest.fixture
def told(show: Rig) -> Told:
    return Told(show)


def test_a_plugin_that_plays_is_told_with_its_help_and_cost(show: Rig, told: Told) -> None:
    show.frame()
    whole = told()
    assert whole["watch"] is True
    (plugin,) = whole["plugins"]
    assert plugin.pop("cost_ms") >= 0.0
    assert plugin == {
        "name": "late",
        "help": "Fails at will.",
        "strikes": 0,
        "bypassed": False,
        "by_host": False,
        "hung": False,
        "error": None,
        "file": "late.py",
    }


def test_a_failing_plugins_error_is_told_in_words_until_it_is_tried_again(show: Rig, told: Told) -> None:
    show.store.set("late.fail", True)
    show.until(lambda: show.store.snapshot["late"]["bypass"])
    show.frame()
    plugin = told.plugin("late")
    assert (plugin["bypassed"], plugin["by_host"]) == (True, True)
    assert plugin["error"] == f"update: ZeroDivisionError: division by zero (line {LINE})"
    show.store.set("late.fail", False)
    show.store.set("late.bypass", False)
    show.frame()
    plugin = told.plugin("late")
    assert (plugin["bypassed"], plugin["by_host"], plugin["error"]) == (False, False, None)


def test_an_error_before_the_bypass_is_told_with_its_strikes(show: Rig, told: Told) -> None:
    show.store.set("late.fail", True)
    show.frame()
    show.frame()
    plugin = told.plugin("late")
    assert 0 < plugin["strikes"] < MOST_STRIKES
    assert "division by zero" in plugin["error"]


def test_a_reload_that_fails_is_told_and_one_that_succeeds_clears_it(show: Rig, told: Told) -> None:
    show.write("late", FAILING + "\ndef slip(:\n")
    show.rack_editor.reload("late")
    show.until(lambda: show.rack_editor.errors)
    assert told.plugin("late")["error"] == (
        "not reloaded, the one before plays on: SyntaxError: invalid syntax (line 14)"
    )
    show.write("late", FAILING)
    show.reload("late")
    show.until(lambda: not show.rack_editor.errors)
    assert told.plugin("late")["error"] is None


def test_a_plugin_dropped_into_the_users_folder_can_be_added(show: Rig, told: Told, tmp_path: Path) -> None:
    assert "fresh" not in told.available()
    folder = tmp_path / "home" / "plugins"
    folder.mkdir(parents=True)
    (folder / "fresh.py").write_text('"""Written a minute ago."""\n' + SHIFT)
    assert told.available()["fresh"] == {"name": "fresh", "help": "Written a minute ago."}
    show.rack_editor.add("fresh")
    show.plays("late", "fresh")
    assert "fresh" not in told.available()
    assert told.plugin("fresh")["help"] == "Written a minute ago."


def test_a_plugin_that_cannot_be_added_says_why_among_those_that_could(show: Rig, told: Told, tmp_path: Path) -> None:
    show.write("double", SHIFT + "\nimport no_such_module\n")
    show.rack_editor.add("double")
    show.until(lambda: show.rack_editor.errors)
    error = told.available()["double"]["error"]
    assert error.startswith("not added: ModuleNotFoundError: No module named 'no_such_module' (line ")
    assert str(tmp_path) not in error


def test_a_plugin_whose_file_is_deleted_goes_on_and_says_so(show: Rig, told: Told) -> None:
    (show.folder / "late.py").unlink()
    assert told.plugin("late")["error"] == GONE
    show.frame()
    assert show.rack_editor.names() == ("late",)
    show.write("late", FAILING)
    assert told.plugin("late")["error"] is None
