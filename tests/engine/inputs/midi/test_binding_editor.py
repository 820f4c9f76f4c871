"""Bindings that are changed while they play: checked at once, made later, published as a whole."""

import json
import logging
from pathlib import Path

import pytest

from likeness.errors import InputError
from likeness.inputs.midi.binding_editor import BindingEditor, parse_changes
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.knobs import Knobs
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore

APC, NANO = "APC mini mk2", "nanoKONTROL2"


@pytest.fixture
def editor(store: ParamStore, tmp_path: Path) -> BindingEditor:
    bindings = Bindings(tmp_path, [Binding("walk.on", note=36)])
    editor = BindingEditor(bindings, Knobs(store, bindings, "soft"))
    editor.publish([APC, NANO])
    editor.bind(APC, Binding("walk.speed", cc=48))
    editor.bind(NANO, Binding("walk.speed", cc=5, relative="twos"))
    return editor


def test_what_plays_is_described_in_words_by_controller(editor: BindingEditor) -> None:
    played = json.loads(json.dumps(editor.played))
    assert [(each["controller"], each["control"], each["from"]) for each in played["walk.speed"]] == [
        (APC, "CC 48", "file"),
        (NANO, "CC 5", "file"),
    ]
    assert played["walk.speed"][1]["relative"] == "twos"
    assert [(each["control"], each["from"]) for each in played["walk.on"]] == [("note 36", "preset")] * 2


def test_a_controller_that_is_unplugged_plays_nothing_in_the_description(editor: BindingEditor) -> None:
    before = editor.played
    editor.publish([NANO])
    assert [each["controller"] for each in editor.played["walk.speed"]] == [NANO]
    # What another thread holds stays as it was.
    assert len(before["walk.speed"]) == 2


def test_changes_that_wait_count_from_one_another(editor: BindingEditor) -> None:
    upper = editor.plan_change("walk.speed", APC, {"max": 0.3})
    with pytest.raises(InputError, match="min < max"):
        editor.plan_change("walk.speed", APC, {"min": 0.5})
    lower = editor.plan_change("walk.speed", APC, {"min": 0.1})
    assert editor.played["walk.speed"][0]["max"] == 1.0
    upper()
    lower()
    assert [(each["min"], each["max"]) for each in editor.played["walk.speed"]] == [(0.1, 0.3), (0.0, 1.0)]
    # Nothing waits any more: the next one counts from what plays.
    editor.bind(APC, Binding("walk.speed", cc=49))
    editor.plan_change("walk.speed", APC, {"min": 0.9})()
    assert (editor.played["walk.speed"][0]["control"], editor.played["walk.speed"][0]["min"]) == ("CC 49", 0.9)


def test_many_changes_of_a_dragged_slider_are_written_once(
    editor: BindingEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(
        "likeness.inputs.midi.bindings.atomic_write", lambda path, content: written.append(bytes(content))
    )
    for curve in (1.1, 1.2, 1.3):
        editor.plan_change("walk.speed", APC, {"curve": curve})()
    editor.write_changes()
    editor.write_changes()
    assert len(written) == 1
    assert b"curve = 1.3" in written[0]


def test_a_preset_entry_is_the_files_own_once_it_was_changed(editor: BindingEditor) -> None:
    editor.plan_change("walk.on", "nano", {"press": "hold"})()
    assert [(each["press"], each["from"]) for each in editor.played["walk.on"]] == [
        ("auto", "preset"),
        ("hold", "file"),
    ]


@pytest.mark.parametrize(
    ("param", "controller", "values", "told"),
    [
        ("walk.speed", "Launchpad", {"min": 0.1}, "played by no control of 'Launchpad'"),
        ("walk.depth", APC, {"min": 0.1}, "/midi/learn walk.depth"),
        ("walk.speed", APC, {"minimum": 0.1}, "there are: min, max"),
        ("walk.speed", APC, {"cc": 5}, "no 'cc' to change"),
        ("walk.speed", APC, {"curve": "steep"}, "a number was wanted"),
        ("walk.speed", APC, {"takeover": "hard"}, "'soft'"),
        ("walk.speed", APC, {"step": 0.0}, "step above 0"),
        ("walk.speed", APC, {"dead": float("nan")}, "dead from 0 to 0.5"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    editor: BindingEditor, param: str, controller: str, values: dict[str, object], told: str
) -> None:
    before = editor.played
    with pytest.raises(InputError) as refusal:
        editor.plan_change(param, controller, values)
    assert told in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert editor.played is before


def test_numbers_and_words_of_a_message_are_taken_as_they_come(editor: BindingEditor) -> None:
    values = parse_changes(["invert", 1.0, "curve", "2", "takeover", "jump", "press", "toggle"])
    editor.plan_change("walk.speed", APC, values)()
    told = editor.played["walk.speed"][0]
    assert (told["invert"], told["curve"], told["takeover"], told["press"]) == (True, 2.0, "jump", "toggle")
    for words in ([], ["curve"], ["curve", 2, "min"]):
        with pytest.raises(InputError, match="a key and a value"):
            parse_changes(words)


def test_a_file_that_cannot_be_written_is_logged_and_the_change_holds(
    store: ParamStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    bindings = Bindings(tmp_path / "taken" / "bindings", [Binding("walk.speed", cc=1)])
    editor = BindingEditor(bindings, Knobs(store, bindings, "soft"))
    editor.publish([NANO])
    with caplog.at_level(logging.ERROR):
        editor.plan_change("walk.speed", NANO, {"curve": 3.0})()
        editor.write_changes()
    assert "could not be written" in caplog.text
    assert editor.played["walk.speed"][0]["curve"] == 3.0
