from pathlib import Path

import pytest

from likeness.errors import InputError
from likeness.inputs.dmx.bindings import read_dmx_bindings
from likeness.parameters.dmx_binding import DmxBinding
from likeness.parameters.presets import format_preset, read_preset

CLUB = '[[dmx]]\nparam = "master.brightness"\nuniverse = 1\nchannel = 10\ntakeover = "jump"\n'


def test_the_files_of_the_house_go_before_the_preset(tmp_path: Path) -> None:
    (tmp_path / "club.toml").write_text(CLUB)
    preset = (
        DmxBinding("master.brightness", 5, 1),
        DmxBinding("walk.speed", 1, 10),
        DmxBinding("walk.depth", 1, 11),
    )
    read = read_dmx_bindings(tmp_path, preset)
    assert [(each.param, each.universe, each.channel) for each in read] == [
        ("master.brightness", 1, 10),
        ("walk.depth", 1, 11),
    ]


def test_a_broken_file_is_named_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "club.toml").write_text(CLUB)
    (tmp_path / "bar.toml").write_text('[[dmx]]\nparam = "x"\nuniverse = 1\nchannel = 513\n')
    assert len(read_dmx_bindings(tmp_path, ())) == 1
    assert "bar.toml" in caplog.text
    assert "1 to 512" in caplog.text


def test_a_preset_keeps_its_bindings_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(CLUB + '\n[[dmx]]\nparam = "cue"\nuniverse = 0\nchannel = 1\n')
    preset = read_preset(path)
    path.write_text(format_preset(preset))
    assert read_preset(path).dmx == preset.dmx
    assert len(preset.dmx) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"universe": -1, "channel": 1},
        {"universe": 64_000, "channel": 1},
        {"universe": 1, "channel": 0},
        {"universe": 1, "channel": 1, "fine": 513},
        {"universe": 1, "channel": 1, "fine": 1},
        {"universe": 1, "channel": 1, "min": 0.5, "max": 0.5},
        {"universe": 1, "channel": 1, "curve": 0.0},
    ],
)
def test_what_no_desk_has_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"a\.x"):
        DmxBinding("a.x", **wrong)  # type: ignore[arg-type]
