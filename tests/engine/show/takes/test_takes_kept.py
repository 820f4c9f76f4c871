"""Takes on the disk: cut off, on a full disk, of other weights, absent plugins; and a hand that takes over."""

import logging
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.show.takes.takes_rig import FPS, play_again, play_script, press_note, unpack

from likeness.errors import InputError, OutputError, PluginError, WeightsError
from likeness.options import QUIET
from likeness.show.show import Show
from likeness.show.takes.material import with_material
from likeness.show.takes.reader import format_time, parse_time, read_take
from likeness.show.takes.writer import TakeWriter


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))


@pytest.fixture
def night(tmp_path: Path) -> Path:
    play_script(
        tmp_path,
        {
            5: lambda show: show.store.set("shift.by", 1.0),
            10: press_note(60, 1.0),
            15: lambda show: show.store.set("shift.by", 0.5),
        },
        21,
    )
    return tmp_path / "night.take"


def cut(path: Path, text: bytes) -> Path:
    """Write `text` as a take that was never ended, as a kill leaves it."""
    packer = zlib.compressobj(wbits=31)
    path.write_bytes(packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))
    return path


def test_a_take_that_was_cut_off_plays_up_to_there(
    night: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = unpack(night)
    # In the middle of the line of the last value.
    end = whole.index(b"[15,") + 8
    take = read_take(cut(tmp_path / "cut.take", whole[:end]))
    assert not take.whole
    assert take.seconds == 0.5
    assert "was cut off" in caplog.text
    assert len(play_again(tmp_path / "cut.take")) == round(0.5 * FPS) + 1
    # A file that ends within a packed block is read as far as it goes.
    (tmp_path / "torn.take").write_bytes(night.read_bytes()[:-30])
    assert read_take(tmp_path / "torn.take").preset == take.preset


def test_a_full_disk_ends_the_take_and_not_the_show(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "night.take").symlink_to(full)
    pictures = play_script(tmp_path, {2: lambda show: show.store.set("shift.by", 1.0)}, 10)
    assert len(pictures) == 10
    assert "the take ends here, and the show goes on" in caplog.text
    assert "the disk is full" in caplog.text


def test_a_take_has_its_ending_and_replaces_nothing(night: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.take, such as night\.take"):
        TakeWriter(tmp_path / "night.mp4")
    before = night.read_bytes()
    second = TakeWriter(night)
    second.close()
    assert second.path.name == "night-2.take"
    assert night.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no take", zlib.compress(b"{}\n", wbits=31)])
def test_what_is_no_take_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.take").write_bytes(content)
    with pytest.raises(InputError, match="is no take"):
        read_take(tmp_path / "odd.take")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_take(tmp_path / "absent.take")


def test_weights_of_another_hash_are_refused_unless_they_are_named(night: Path, tmp_path: Path) -> None:
    options, take = replace(QUIET, offline=True), read_take(night)
    weights = tmp_path / "small.toy"
    weights.write_text("4 8 64")
    with pytest.raises(WeightsError, match=r"another file than that night.*--weights"):
        with_material(take, options)
    assert with_material(take, replace(options, weights=str(weights))).weights == str(weights)
    weights.unlink()
    with pytest.raises(WeightsError, match=r"which are not here.*--weights FILE"):
        with_material(take, options)


def test_an_absent_plugin_is_refused_and_a_changed_one_is_told(
    night: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options, take = replace(QUIET, offline=True), read_take(night)
    ears = tmp_path / "ears.py"
    ears.write_text(ears.read_text() + "\n")
    with_material(take, options)
    assert "ears.py has changed since the take" in caplog.text
    ears.rename(tmp_path / "ears.txt")
    with pytest.raises(PluginError, match=r"'ears', which is not here; put ears\.py into .* --plugin"):
        with_material(take, options)


def test_a_hand_takes_a_parameter_over_and_a_new_take_has_both(night: Path, tmp_path: Path) -> None:
    take = read_take(night)
    wanted = with_material(take, replace(QUIET, device="cpu", offline=True, take=tmp_path / "second.take"))
    with Show(take.preset, wanted, take=take) as show:
        for index in range(21):
            if index == 8:
                show.store.set("shift.by", 0.25)
            show.loop.frame()
        # The take's own value at frame 15 came to nothing, its note at frame 10 did.
        assert show.store.target("shift.by") == 0.25
    lines = unpack(tmp_path / "second.take").decode()
    assert '["shift.by",1.0]' in lines
    assert '["shift.by",0.25]' in lines
    assert '["shift.by",0.5]' not in lines
    assert '["note",60,1.0,1]' in lines


def test_the_show_goes_on_where_the_take_ends(night: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pictures = play_again(night, 30)
    assert len(pictures) == 30
    assert "night.take is over; the show goes on as it stands" in caplog.text


def test_the_same_motion_comes_at_another_rate(night: Path) -> None:
    slow, fast = play_again(night, 21), play_again(night, 42, fps=2 * FPS)
    # A change comes in the first frame that is not before it, and glides by seconds: within a frame of the slow one.
    apart = [
        min(abs(float(picture.mean()) - float(fast[2 * index + near].mean())) for near in (-1, 0, 1))
        for index, picture in enumerate(slow[1:], start=1)
        if 2 * index + 1 < len(fast)
    ]
    assert max(apart) < 8.0
    assert max(abs(float(a.mean()) - float(slow[0].mean())) for a in slow) > 20.0


def test_times_are_told_as_they_are_given() -> None:
    assert [format_time(each) for each in (0.0, 61.5, 3723.0)] == ["0:00", "1:01.5", "1:02:03"]


def test_times_are_read_as_they_are_told() -> None:
    assert [parse_time(each) for each in ("90", "12:30", "1:02:03.5")] == [90.0, 750.0, 3723.5]
    for text in ("", "x", "1:2:3:4", "-1", "nan", "1e3"):
        with pytest.raises(InputError, match="is no time of a take"):
            parse_time(text)
