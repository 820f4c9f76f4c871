"""Profiles: the bundled ones are sound, and a light shows what its maker says it does."""

from pathlib import Path

import pytest

from likeness.inputs.midi.profiles import Light, ValueLight, matches, read_profiles
from likeness.parameters.midi_binding import Binding

PORTS = {
    "apc-mini-mk2": "APC mini mk2:APC mini mk2 Control 24:0",
    "launch-control-xl-3": "LCXL3 1 DAW Out",
    "x-touch-mini": "X-TOUCH MINI:X-TOUCH MINI MIDI 1 20:0",
    "midi-fighter-twister": "Midi Fighter Twister:Midi Fighter Twister MIDI 1 28:0",
}


def test_every_bundled_profile_reads_and_matches_its_own_controller_alone(root: Path) -> None:
    profiles = read_profiles([root / "controllers"])
    assert set(profiles) == {*PORTS, "generic"}
    for name, profile in profiles.items():
        assert [other for other, port in PORTS.items() if matches(port, profile.inputs)] == (
            [] if name == "generic" else [name]
        )


def test_the_keyboard_part_of_a_controller_is_not_its_lights(root: Path) -> None:
    profiles = read_profiles([root / "controllers"])
    assert not matches("APC mini mk2:APC mini mk2 Notes 24:1", profiles["apc-mini-mk2"].inputs)


def test_the_bytes_are_the_makers(root: Path) -> None:
    """Written out by hand from the makers' tables."""
    profiles = read_profiles([root / "controllers"])
    pad, track, _ = profiles["apc-mini-mk2"].light
    assert pad.state_messages("active", Binding("a.x", note=5, channel=1)) == [[0x96, 5, 21]]
    assert pad.state_messages("off", Binding("a.x", note=5)) == [[0x96, 5, 0]]
    assert track.state_messages("learning", Binding("a.x", note=100)) == [[0x90, 100, 2]]

    encoder, button = profiles["launch-control-xl-3"].light
    assert encoder.value_messages(1.0, Binding("a.x", cc=13, channel=16)) == [[0xBF, 13, 127]]
    assert button.state_messages("alarm", Binding("a.x", cc=37, channel=1)) == [[0xB2, 37, 5]]
    assert not encoder.belongs_to(Binding("a.x", cc=37, channel=1))

    ring, row = profiles["x-touch-mini"].light
    assert ring.value_messages(0.0, Binding("a.x", cc=1, channel=11)) == [[0xB0, 9, 1], [0xBA, 9, 1]]
    assert ring.value_messages(1.0, Binding("a.x", cc=8, channel=11)) == [[0xB0, 16, 13], [0xBA, 16, 13]]
    assert row.state_messages("active", Binding("a.x", note=8, channel=11)) == [[0x90, 0, 1], [0x9A, 0, 1]]

    knob, switch = profiles["midi-fighter-twister"].light
    assert knob.value_messages(0.5, Binding("a.x", cc=3, channel=1)) == [[0xB0, 3, 64]]
    assert switch.state_messages("active", Binding("a.x", cc=3, channel=2)) == [[0xB2, 3, 47]]

    value, state = profiles["generic"].light
    assert value.value_messages(1.0, Binding("a.x", cc=3, channel=5)) == [[0xB4, 3, 127]]
    assert state.state_messages("active", Binding("a.x", note=3, channel=5)) == [[0x94, 3, 127]]


def test_pads_for_cues_count_from_the_upper_left(root: Path) -> None:
    """The APC's notes go from 0 at the lower left to 63 at the upper right."""
    profiles = read_profiles([root / "controllers"])
    grid = profiles["apc-mini-mk2"].cues
    assert grid is not None
    assert [grid.cue_number(note) for note in (56, 63, 48, 0, 7, 64, 122)] == [1, 8, 9, 57, 64, None, None]
    assert sorted(grid.pads()) == [(note, grid.cue_number(note)) for note in range(64)]
    assert grid.pad_messages("active", 56) == [[0x96, 56, 21]]
    assert grid.pad_messages("fading", 0) == [[0x99, 0, 21]]
    rows = profiles["x-touch-mini"].cues
    assert rows is not None
    assert rows.pad_messages("fading", 8) == [[0x90, 0, 2], [0x9A, 0, 2]]


def test_a_state_that_a_profile_leaves_out_looks_like_the_next_below_it() -> None:
    light = Light(control="note", first=0, last=9, off=((1, 0),), active=((1, 1),))
    note = Binding("a.x", note=3)
    looks = {
        state: light.state_messages(state, note)[0][2]
        for state in ("off", "bound", "active", "learning", "alarm", "waiting")
    }  # type: ignore[arg-type]
    assert looks == {"off": 0, "bound": 0, "active": 1, "learning": 1, "alarm": 1, "waiting": 0}
    assert Light(control="cc", first=0, last=9, value=ValueLight()).state_messages("active", Binding("a.x", cc=3)) == []


def test_a_profile_is_found_on_another_usb_socket_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert matches("MIDIIN2 (2- LCXL3 1 MIDI) 1", ["MIDIIN2 (LCXL3*"])
    assert matches("2- nanoKONTROL2 1", ["nanoKONTROL2*"])
    assert matches("2- nanoKONTROL2 1", ["2- nano*"])
    assert not matches("MIDIOUT2 (2- LCXL3 1 MIDI) 1", ["MIDIIN2 (LCXL3*"])


def test_ones_own_profile_replaces_the_bundled_one_and_a_slip_leaves_one_out(
    tmp_path: Path, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x-touch-mini.toml").write_text('name = "Mine"\n')
    (tmp_path / "slip.toml").write_text('name = "Slip"\n[[light]]\ncontrol = "cc"\nfirst = 0\nlast = 128\n')
    (tmp_path / "start.toml").write_text('name = "Start"\nstart = ["F0 GG"]\n')
    profiles = read_profiles([root / "controllers", tmp_path, tmp_path / "none"])
    assert profiles["x-touch-mini"].name == "Mine"
    assert not {"slip", "start"} & set(profiles)
    assert len(caplog.records) == 2
    assert "light.0.last" in caplog.text
