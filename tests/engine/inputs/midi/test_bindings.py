"""Controllers' files, on a real disk: over the preset's entries, and there again after a restart."""

from pathlib import Path

import pytest

from likeness.errors import InputError
from likeness.inputs.midi.bindings import Bindings, controller_name
from likeness.parameters.midi_binding import Binding

PRESET = (Binding("walk.speed", cc=1), Binding("walk.depth", cc=2), Binding("walk.on", note=36))
PORT = "APC mini mk2:APC mini mk2 Control 24:0"


def test_a_controllers_name_outlives_being_plugged_in_again() -> None:
    assert controller_name(PORT) == controller_name("APC mini mk2:APC mini mk2 Control 31:0")
    assert controller_name("nanoKONTROL2") == "nanoKONTROL2"


def test_on_windows_a_controller_keeps_its_name_on_another_usb_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    for port in ("nanoKONTROL2 0", "nanoKONTROL2 1", "2- nanoKONTROL2 1", "12- nanoKONTROL2 3"):
        assert controller_name(port) == "nanoKONTROL2"
    assert controller_name("MIDIIN2 (3- LPX MIDI) 2") == controller_name("MIDIIN2 (LPX MIDI) 0") == "MIDIIN2 (LPX MIDI)"
    # A number that belongs to the name stays.
    assert controller_name("2- Launchpad 2 1") == "Launchpad 2"
    assert controller_name("1010music 0") == "1010music"


def test_bindings_hold_on_another_usb_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    knob, other = Binding("a.x", cc=1), Binding("a.y", cc=2)
    Bindings(tmp_path).bind("Launchpad 2 1", knob)
    again = Bindings(tmp_path)
    assert again.for_port("3- Launchpad 2 0") == (knob,)
    again.bind("3- Launchpad 2 0", other)
    assert Bindings(tmp_path).for_port("Launchpad 2 4") == (knob, other)
    assert again.unbind("a.x", []) == ["Launchpad 2"]
    assert Bindings(tmp_path).for_port("Launchpad 2 4") == (other,)


def test_a_file_that_was_written_with_the_sockets_number_is_still_heard(tmp_path: Path) -> None:
    entry = '[[midi]]\nparam = "a.x"\ncc = {}\n'
    (tmp_path / "old.toml").write_text('controller = "2- nanoKONTROL2"\n' + entry.format(1))
    assert Bindings(tmp_path).for_port("nanoKONTROL2")[0].cc == 1
    # One for the name alone goes before, in whatever order they lie.
    for name in ("a", "z"):
        path = tmp_path / f"{name}.toml"
        path.write_text('controller = "nanoKONTROL2"\n' + entry.format(7))
        assert [each.cc for each in Bindings(tmp_path).for_port("nanoKONTROL2")] == [7]
        path.unlink()


def test_what_is_learnt_is_there_after_a_restart_and_under_any_preset(tmp_path: Path) -> None:
    learnt = Binding("walk.depth", cc=48, channel=1, curve=2.0)
    Bindings(tmp_path, PRESET).bind(PORT, learnt)
    again = Bindings(tmp_path, ()).for_port("APC mini mk2:APC mini mk2 Control 99:1")
    assert again == (learnt,)
    assert Bindings(tmp_path, ()).for_port("another") == ()


def test_the_presets_entries_remain_beneath_a_controllers_own(tmp_path: Path) -> None:
    bindings = Bindings(tmp_path, PRESET)
    # It takes the knob of walk.speed, and plays what cc 2 played.
    bindings.bind(PORT, Binding("walk.depth", cc=1, channel=1))
    assert bindings.for_port(PORT) == (Binding("walk.depth", cc=1, channel=1), PRESET[2])
    assert bindings.for_port("another") == PRESET


def test_a_new_knob_replaces_the_old_one_and_the_same_knob_plays_one_thing(tmp_path: Path) -> None:
    bindings = Bindings(tmp_path)
    bindings.bind("k", Binding("a.x", cc=1))
    bindings.bind("k", Binding("a.x", cc=2))
    bindings.bind("k", Binding("a.y", cc=2))
    assert bindings.for_port("k") == (Binding("a.y", cc=2),)


def test_unbound_is_unbound_even_where_the_preset_binds_it(tmp_path: Path) -> None:
    bindings = Bindings(tmp_path, PRESET)
    bindings.bind("k", Binding("walk.speed", cc=9))
    assert bindings.unbind("walk.speed", ["k", "j 20:0"]) == ["k", "j"]
    assert bindings.unbind("walk.speed", ["k", "j 20:0"]) == []
    again = Bindings(tmp_path, PRESET)
    assert again.for_port("k") == again.for_port("j 32:0") == PRESET[1:]
    again.bind("j", Binding("walk.speed", cc=5))
    assert Bindings(tmp_path, PRESET).for_port("j")[0] == Binding("walk.speed", cc=5)


def test_an_entry_for_another_controller_is_not_heard_from_this_one() -> None:
    only_apc = Binding("walk.speed", cc=1, port="apc mini")
    assert Bindings(None, [only_apc]).for_port(PORT) == (only_apc,)
    assert Bindings(None, [only_apc]).for_port("nanoKONTROL2") == ()


def test_a_file_with_a_slip_in_it_is_told_left_out_and_not_written_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slip = 'controller = "k"\n[[midi]]\ncc = 5\nparam = "walk.speed"\ncurv = 2\n'
    (tmp_path / "k.toml").write_text(slip)
    (tmp_path / "j.toml").write_text('controller = "j"\n[[midi]]\ncc = 500\nparam = "walk.speed"\n')
    (tmp_path / "i.toml").write_text("what is this")
    bindings = Bindings(tmp_path)
    assert len(caplog.records) == 3
    assert all(part in caplog.text for part in ("k.toml", "curv", "j.toml", "0 to 127", "i.toml"))
    bindings.bind("k", Binding("a.x", cc=1))
    assert (tmp_path / "k.toml.broken").read_text() == slip
    assert Bindings(tmp_path).for_port("k") == (Binding("a.x", cc=1),)


def test_names_that_no_file_could_have_are_kept_apart(tmp_path: Path) -> None:
    names = ["a/b: c", "a_b: c", "..", "Å*?", "a%2Fb"]
    bindings = Bindings(tmp_path / "made")
    for number, name in enumerate(names):
        bindings.bind(name, Binding("a.x", cc=number))
    again = Bindings(tmp_path / "made")
    assert [again.for_port(name)[0].cc for name in names] == list(range(len(names)))
    assert all(path.parent == tmp_path / "made" for path in tmp_path.rglob("*.toml"))


def test_a_disk_that_refuses_is_told_and_the_binding_plays_till_the_end(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("a file where the folder should be")
    bindings = Bindings(tmp_path / "in the way" / "bindings")
    with pytest.raises(InputError, match="could not be written"):
        bindings.bind("k", Binding("a.x", cc=1))
    assert bindings.for_port("k") == (Binding("a.x", cc=1),)


def test_learning_keeps_the_rest_of_a_controllers_file(tmp_path: Path) -> None:
    (tmp_path / "my knobs.toml").write_text('controller = "k"\nprofile = "generic"\nunbound = ["a.z"]\n')
    bindings = Bindings(tmp_path)
    bindings.bind("k 20:0", Binding("a.x", cc=1))
    again = Bindings(tmp_path)
    assert (again.profile("k 31:0"), again.profile("j")) == ("generic", None)
    assert again.for_port("k") == (Binding("a.x", cc=1),)
    assert [path.name for path in tmp_path.iterdir()] == ["my knobs.toml"]
    assert "a.z" in (tmp_path / "my knobs.toml").read_text()


def test_a_change_is_in_the_file_at_once_and_only_at_that_controller(tmp_path: Path) -> None:
    bindings = Bindings(tmp_path)
    bindings.bind(PORT, Binding("walk.speed", cc=48, channel=1))
    bindings.bind("nanoKONTROL2", Binding("walk.speed", cc=5))
    bindings.change(PORT, "walk.speed", {"min": 0.25, "invert": 1, "takeover": "scale"})
    again = Bindings(tmp_path)
    assert again.for_port(PORT) == (Binding("walk.speed", cc=48, channel=1, min=0.25, invert=True, takeover="scale"),)
    assert again.for_port("nanoKONTROL2") == (Binding("walk.speed", cc=5),)
    bindings.change(PORT, "walk.speed", {"takeover": "show"})
    assert Bindings(tmp_path).for_port(PORT)[0].takeover is None


def test_a_changed_entry_of_the_preset_is_copied_with_all_that_the_copy_would_hide(tmp_path: Path) -> None:
    # One knob plays two parameters, one of which a second knob plays too.
    preset = (
        Binding("walk.speed", cc=1, port="apc"),
        Binding("walk.depth", cc=1),
        Binding("walk.depth", cc=2),
        Binding("walk.on", note=36),
    )
    bindings = Bindings(tmp_path, preset)
    before = {(each.param, each.control) for each in bindings.for_port(PORT)}
    bindings.change(PORT, "walk.speed", {"curve": 2.0})
    changed = bindings.for_port(PORT)
    assert {(each.param, each.control) for each in changed} == before
    assert [each.curve for each in changed if each.param == "walk.speed"] == [2.0]
    assert [bindings.origin(PORT, each) for each in changed] == ["file", "file", "file", "preset"]
    # The file alone, without the preset, plays what was copied.
    assert Bindings(tmp_path).for_port(PORT) == changed[:3]


def test_what_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    bindings = Bindings(tmp_path, PRESET)
    with pytest.raises(InputError, match="min < max"):
        bindings.change(PORT, "walk.speed", {"min": 1.0})
    with pytest.raises(InputError, match="played by no control"):
        bindings.change(PORT, "walk.seed", {"min": 0.5})
    assert bindings.for_port(PORT) == PRESET
    assert not list(tmp_path.iterdir())


def test_a_parameter_is_unbound_on_one_controller_alone(tmp_path: Path) -> None:
    bindings = Bindings(tmp_path, PRESET)
    bindings.bind("nanoKONTROL2", Binding("walk.speed", cc=5))
    assert bindings.unbind("walk.speed", [PORT, "nanoKONTROL2"], "apc MINI") == ["APC mini mk2:APC mini mk2 Control"]
    assert [each.param for each in bindings.for_port(PORT)] == ["walk.depth", "walk.on"]
    assert bindings.for_port("nanoKONTROL2")[0] == Binding("walk.speed", cc=5)
    assert bindings.unbind("walk.speed", [PORT, "nanoKONTROL2"], "Launchpad") == []
