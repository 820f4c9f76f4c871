"""The rack changes while it plays: between two frames, and the old instance stays when the new one fails."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.show.rack_editor_rig import DEADLINE_S, HEAD, SHIFT, Rig

from likeness.errors import PluginError
from likeness.show.clock import Clock, FixedClock, RealClock
from likeness.show.loop import PATIENCE_S


@pytest.fixture
def rig(toy: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Rig]]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    rigs: list[Rig] = []

    def make(clock: Clock | None = None) -> Rig:
        rigs.append(Rig(toy, clock or FixedClock(50), tmp_path))
        return rigs[-1]

    yield make
    for each in rigs:
        each.close()


@pytest.fixture
def shifted(rig: Callable[..., Rig]) -> Rig:
    """Return a show in which `shift` plays, by 0.5."""
    show = rig()
    show.rack_editor.add("shift")
    show.plays("shift")
    show.store.set("shift.by", 0.5)
    show.frame()
    return show


def test_plugins_come_move_and_go_and_the_picture_follows(rig: Callable[..., Rig]) -> None:
    show = rig()
    assert np.array_equal(show.frame()[0, 0], show.expected(0.0))
    show.rack_editor.add("shift")
    show.rack_editor.add("double")
    show.plays("shift", "double")
    show.store.set("shift.by", 0.5)
    assert np.array_equal(show.frame()[0, 0], show.expected(1.0, 2.0))
    show.rack_editor.move("shift", 9)
    show.plays("double", "shift")
    assert np.array_equal(show.frame()[0, 0], show.expected(0.5, 2.0))
    show.rack_editor.remove("double")
    show.plays("shift")
    assert np.array_equal(show.frame()[0, 0], show.expected(0.5))
    show.rack_editor.remove("shift")
    show.plays()
    assert np.array_equal(show.frame()[0, 0], show.expected(0.0))
    assert "shift.by" not in show.store
    assert show.loop.stats.repeated == 0


def test_a_reload_plays_the_new_file_with_the_old_values_and_state(shifted: Rig) -> None:
    frames = shifted.plugin("shift").frames
    shifted.write("shift", SHIFT.replace('latent + params["by"]', 'latent - params["by"]'))
    shifted.reload("shift")
    assert np.array_equal(shifted.frame()[0, 0], shifted.expected(-0.5))
    played = len(shifted.out.pictures)
    assert shifted.plugin("shift").frames > frames
    # No frame is counted twice, and none is left out, though the instance changed in between.
    shifted.until(lambda: shifted.plugin("shift").frames - frames >= 20)
    assert len(shifted.out.pictures) - played <= 20


def test_a_file_saved_twice_in_a_second_at_the_same_length_is_not_taken_from_a_cache(shifted: Rig) -> None:
    for sign in ("-", "+", "-"):
        shifted.write("shift", SHIFT.replace('latent + params["by"]', f'latent {sign} params["by"]'))
        shifted.reload("shift")
        assert np.array_equal(shifted.frame()[0, 0], shifted.expected(0.5 if sign == "+" else -0.5))


def test_values_go_over_by_name_where_the_new_declaration_takes_them(shifted: Rig) -> None:
    changed = SHIFT.replace('Float("by", 0.0, max=2.0), Float("unused", 0.0)', 'Float("by", 0.1, max=0.4), Bool("new")')
    shifted.write("shift", changed)
    shifted.reload("shift")
    assert dict(shifted.store.snapshot["shift"]) == {"by": 0.4, "new": False, "bypass": False, "budget_ms": 0.0}
    shifted.write("shift", SHIFT.replace('Float("by", 0.0, max=2.0)', 'Choice("by", "a", ["a", "b"])'))
    shifted.reload("shift")
    # 0.4 is no choice of its own; as a number it stands for the first.
    assert shifted.store.snapshot["shift"]["by"] == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("raise SystemExit(3)\n", "SystemExit"),
        ("Plugin = 3\n", "there is no `class Plugin`"),
        (HEAD + "    @hookimpl\n    def updat(self, latent):\n        return latent\n", "updat"),
        (HEAD + "    @hookimpl\n    def update(self, money):\n        pass\n", "money"),
        (HEAD + "    @hookimpl\n    def start(self):\n        raise RuntimeError('no camera')\n", "no camera"),
        (HEAD + "    @hookimpl\n    def declare_params(self):\n        return [Float('a', 9.0)]\n", "needs min < max"),
        (
            HEAD + "    @hookimpl\n    def declare_params(self):\n        return [Bool('a'), Bool('a')]\n",
            "declares a twice",
        ),
        (HEAD + "    @hookimpl\n    def declare_params(self):\n        return ['speed']\n", "declares 'speed'"),
    ],
)
def test_a_new_file_that_fails_leaves_the_old_instance_playing(
    shifted: Rig, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    before = shifted.plugin("shift")
    shifted.write("shift", text)
    shifted.rack_editor.reload("shift")
    shifted.until(lambda: "the one before plays on" in caplog.text)
    assert said in caplog.text
    assert shifted.plugin("shift") is before
    assert np.array_equal(shifted.frame()[0, 0], shifted.expected(0.5))
    # And it can be mended.
    shifted.write("shift", SHIFT)
    shifted.reload("shift")
    assert np.array_equal(shifted.frame()[0, 0], shifted.expected(0.5))
    assert shifted.loop.stats.repeated == 0


def test_a_state_that_cannot_be_restored_is_told_and_the_new_instance_begins_anew(
    shifted: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    shifted.write("shift", SHIFT.replace("self.frames = state", "raise RuntimeError('another format')"))
    shifted.reload("shift")
    assert "shift.restore failed: another format" in caplog.text
    assert np.array_equal(shifted.frame()[0, 0], shifted.expected(0.5))


def test_frames_go_on_while_a_plugin_starts_slowly(rig: Callable[..., Rig]) -> None:
    show = rig()
    gate = threading.Event()
    show.stage.generator.gate = gate  # type: ignore[attr-defined]
    show.write("late", HEAD + "    @hookimpl\n    def start(self, stage):\n        stage.generator.gate.wait(20)\n")
    show.rack_editor.add("late")
    for _ in range(200):
        show.frame()
    assert show.rack_editor.names() == ()
    gate.set()
    show.plays("late")
    assert show.loop.stats.repeated == 0


def test_a_plugin_that_the_host_left_out_gets_its_chance_when_its_file_is_mended(rig: Callable[..., Rig]) -> None:
    show = rig()
    show.write("shift", SHIFT.replace("self.frames += 1", "raise RuntimeError('boom')"))
    show.rack_editor.add("shift")
    show.plays("shift")
    show.until(lambda: show.store.snapshot["shift"]["bypass"])
    show.write("shift", SHIFT)
    show.reload("shift")
    show.frame()
    assert show.store.snapshot["shift"]["bypass"] is False
    assert show.plugin("shift").frames > 0
    # One that the performer left out stays out.
    show.store.set("shift.bypass", True)
    show.frame()
    show.reload("shift")
    show.frame()
    assert show.store.snapshot["shift"]["bypass"] is True


def test_nothing_changes_while_a_picture_is_being_drawn(rig: Callable[..., Rig]) -> None:
    show = rig(RealClock(50))
    show.rack_editor.add("shift")
    show.plays("shift")
    held, draw = threading.Event(), show.generator.synthesize
    show.generator.synthesize = lambda latent: draw(latent) if held.wait(DEADLINE_S) else latent
    show.frame()
    show.rack_editor.remove("shift")
    for _ in range(10):
        show.frame()
    assert show.rack_editor.names() == ("shift",)
    assert "shift.by" in show.store
    held.set()
    show.plays()


def test_changes_asked_for_at_once_are_made_in_their_order(rig: Callable[..., Rig]) -> None:
    show = rig()
    show.rack_editor.add("shift")
    show.rack_editor.add("double")
    show.rack_editor.move("double", 0)
    show.rack_editor.remove("shift")
    show.plays("double")
    show.rack_editor.remove("double")
    show.rack_editor.add("double")
    show.rack_editor.add("shift")
    show.plays("double", "shift")
    assert show.loop.stats.repeated == 0


def test_a_plugin_that_has_come_meanwhile_is_not_added_a_second_time(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    show, gate = rig(), threading.Event()
    editor = show.rack_editor
    editor.submit("waits", lambda: gate.wait(DEADLINE_S) and None)
    editor.add("shift")
    # On a busy machine the editor forgets what is planned while the next order comes in.
    editor._planned.clear()
    editor.add("shift")
    gate.set()
    show.until(lambda: "shift is not added: 'shift' is in the rack already" in caplog.text)
    assert editor.names() == ("shift",)
    editor.remove("shift")
    show.until(lambda: not editor.names())
    show.frame()
    assert "drawing failed" not in caplog.text


def test_what_cannot_be_done_is_said_at_once(shifted: Rig) -> None:
    editor = shifted.rack_editor
    with pytest.raises(PluginError, match="in the rack already"):
        editor.add("shift")
    with pytest.raises(PluginError, match="no plugin 'shfit'; nearest: shift"):
        editor.add("shfit")
    for command in (editor.remove, editor.reload, lambda name: editor.move(name, 0)):
        with pytest.raises(PluginError, match="no plugin 'duoble' in the rack"):
            command("duoble")
    with pytest.raises(PluginError, match="a place is a whole number"):
        editor.move("shift", "first")


def test_the_old_instance_is_stopped_after_the_new_one_plays(shifted: Rig) -> None:
    shifted.write("shift", SHIFT + "\n    @hookimpl\n    def stop(self, stage):\n        self.stopped = True\n")
    shifted.reload("shift")
    old = shifted.plugin("shift")
    shifted.reload("shift")
    shifted.until(lambda: getattr(old, "stopped", False))
    assert not getattr(shifted.plugin("shift"), "stopped", False)


def change_everything(show: Rig) -> bool:
    """Change the rack in every way, live; return whether no frame was missed."""
    repeated = show.loop.stats.repeated
    show.loop.stats.timings.clear()
    for round_ in range(3):
        show.rack_editor.add("shift")
        show.plays("shift")
        show.rack_editor.add("double")
        show.plays("shift", "double")
        show.rack_editor.move("double", 0)
        show.plays("double", "shift")
        show.write("shift", SHIFT + f"# {round_}\n")
        show.reload("shift")
        show.write("shift", "def broken(:\n")
        show.rack_editor.reload("shift")
        show.rack_editor.remove("double")
        show.plays("shift")
        show.write("shift", SHIFT)
        show.rack_editor.remove("shift")
        show.plays()
    return (
        show.loop.stats.repeated == repeated
        and max(each.frame_ms for each in show.loop.stats.timings) < PATIENCE_S * 1e3
    )


def test_changes_in_a_live_run_miss_no_frame(rig: Callable[..., Rig]) -> None:
    show = rig(RealClock(50))
    for _ in range(20):
        show.frame()
    # A busy machine costs a frame now and then; what the changes cost would come every time.
    assert any(change_everything(show) for _ in range(4))


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit", "GeneratorExit", "BaseException"])
@pytest.mark.parametrize("place", ["import", "declare_params", "start"])
def test_the_rack_can_be_edited_after_a_plugin_that_raises_what_ends_threads(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture, error: str, place: str
) -> None:
    show = rig()
    hook = f"    @hookimpl\n    def {place}(self):\n        raise {error}\n"
    show.write("late", f"raise {error}\n" if place == "import" else HEAD + hook)
    show.rack_editor.add("late")
    show.until(lambda: "late is not added" in caplog.text)
    show.rack_editor.add("shift")
    show.plays("shift")
