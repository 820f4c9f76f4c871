"""A whole show in this process: the same value through every surface, presets saved and recalled."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pythonosc.udp_client import SimpleUDPClient

from likeness.errors import InputError, PresetError
from likeness.events import Key
from likeness.files.paths import search_dirs
from likeness.host.slot import RESERVED
from likeness.inputs.midi.input import MidiInput
from likeness.inputs.osc.packet import decode, encode
from likeness.options import QUIET, Options, count_threads
from likeness.outputs.output import MemoryOutput
from likeness.parameters.midi_binding import Binding
from likeness.parameters.presets import Preset, ShowTable, find_preset, read_preset
from likeness.show.show import Show

DEADLINE_S = 20.0
PRESET = Preset(show=ShowTable(plugins=("random_walk", "sharpen"), seed=3))
ADDRESS = "random_walk.reach"

MakeShow = Callable[..., Show]


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeShow]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    shows: list[Show] = []

    def make(preset: Preset = PRESET, options: Options = replace(QUIET, size=(64, 64))) -> Show:  # noqa: B008 - frozen
        shows.append(Show(preset, options))
        return shows[-1]

    yield make
    for each in shows:
        each.close()


def value(show: Show, address: str = ADDRESS) -> object:
    owner, _, name = address.partition(".")
    return show.store.snapshot[owner][name]


def test_one_value_arrives_alike_through_preset_command_line_osc_and_midi(show: MakeShow, unused_udp_port: int) -> None:
    wanted = 64 / 127
    by_preset = show(PRESET.model_copy(update={"values": {"random_walk": {"reach": wanted}}}))
    by_set = show(options=replace(QUIET, settings={ADDRESS: str(wanted)}))
    assert value(by_preset) == value(by_set) == wanted

    by_osc = show(options=replace(QUIET, osc_port=unused_udp_port))
    with SimpleUDPClient("127.0.0.1", unused_udp_port) as client:
        client.send_message("/random_walk/reach", wanted)
    deadline = time.monotonic() + DEADLINE_S
    while value(by_osc) != pytest.approx(wanted, abs=1e-4):
        by_osc.loop.frame()
        assert time.monotonic() < deadline
    # OSC floats have 24 bits.
    assert by_osc.store.targets()["random_walk"]["reach"] == pytest.approx(wanted, abs=1e-7)

    by_midi = show()
    midi = MidiInput(by_midi.store, [Binding(ADDRESS, cc=1)], client=Knob, takeover="jump")
    midi.start()
    while value(by_midi) != pytest.approx(wanted, abs=1e-4):
        by_midi.loop.frame()
        assert time.monotonic() < deadline
    midi.close()
    assert by_midi.store.targets()["random_walk"]["reach"] == wanted


def test_a_show_that_is_set_to_be_dark_is_black_from_its_first_picture_on_and_fades_in_when_it_is_told(
    show: MakeShow,
) -> None:
    settings = {"master.blackout": "1", "master.fade": "0.2"}
    dark = show(options=replace(QUIET, size=(64, 64), fps=50, offline=True, settings=settings))
    shown = MemoryOutput()
    dark.loop.outputs.add(shown)
    dark.loop.frame()
    dark.store.set("master.blackout", False)
    for _ in range(12):
        dark.loop.frame()
    levels = [float(picture.mean()) for picture in shown.pictures]
    assert levels[0] == 0
    assert 0 < levels[2] < 0.5 * levels[-1]


class Knob:
    """A MIDI driver with one controller, whose first knob was turned to 64."""

    def __init__(self) -> None:
        self.waiting = [[0xB0, 1, 64]]

    def get_ports(self) -> list[str]:
        return ["a knob"]

    def open_port(self, port: int) -> None:
        pass

    def get_message(self) -> tuple[list[int], float] | None:
        return (self.waiting.pop(), 0.0) if self.waiting else None

    def close_port(self) -> None:
        pass

    def delete(self) -> None:
        pass


def test_a_saved_preset_brings_the_values_back_over_time(show: MakeShow) -> None:
    first = show()
    first.store.set(ADDRESS, 0.25)
    first.loop.frame()
    # A glide is under way: what is saved is where it goes.
    first.preset_commands.save_preset("evening")
    saved = read_preset(find_preset("evening", search_dirs("presets")))
    assert saved.flat_values()[ADDRESS] == 0.25
    assert saved.show.plugins == ("random_walk", "sharpen")
    assert saved.show.seed == 3

    again = show(saved)
    assert value(again) == 0.25
    again.store.set(ADDRESS, 1.0)
    again.store.finish_glides()
    again.preset_commands.recall_preset("evening", 2.0)
    again.store.advance(1.0)
    assert 0.25 < float(str(value(again))) < 1.0
    again.store.advance(1.0)
    assert value(again) == 0.25


def test_a_program_change_recalls_the_preset_at_its_place(show: MakeShow) -> None:
    show(PRESET.model_copy(update={"values": {"random_walk": {"reach": 0.125}}})).preset_commands.save_preset("calm")
    table = PRESET.show.model_copy(update={"programs": ("demo", "calm")})
    playing = show(PRESET.model_copy(update={"show": table}))
    playing.preset_commands.change_program(1)
    playing.store.finish_glides()
    assert value(playing) == 0.125
    with pytest.raises(PresetError, match="no program 2"):
        playing.preset_commands.change_program(2)


@pytest.mark.parametrize("name", ["../escape", "two\nlines", ""])
def test_a_preset_name_that_is_a_path_is_refused(show: MakeShow, name: str) -> None:
    with pytest.raises(PresetError, match="in one line"):
        show().preset_commands.save_preset(name)


def test_a_recall_of_nothing_is_refused_and_the_show_goes_on(show: MakeShow) -> None:
    playing = show(options=replace(QUIET, size=(64, 64), offline=True))
    with pytest.raises(PresetError, match="no preset 'nihgt'"):
        playing.preset_commands.recall_preset("nihgt")
    playing.loop.frame()
    assert playing.loop.stats.repeated == 0


@pytest.mark.usefixtures("torch_as_it_was")
def test_the_network_has_the_threads_that_it_is_given(show: MakeShow) -> None:
    show(options=replace(QUIET, size=(64, 64), offline=True, threads=3))
    assert torch.get_num_threads() == 3
    assert count_threads(QUIET) == max(1, (os.cpu_count() or 1) - 1)


def test_weights_say_at_load_whether_a_paid_night_is_allowed(show: MakeShow, caplog: pytest.LogCaptureFixture) -> None:
    playing = show()
    assert playing.generator.info.licence.paid_use is True
    assert "paid" not in caplog.text


def test_a_show_ends_after_its_seconds_and_closes_what_it_opened(show: MakeShow) -> None:
    playing = show(options=replace(QUIET, seconds=0.5, fps=50, offline=True))
    done: list[int] = []
    playing.run(done.append)
    assert done == list(range(1, 26))
    playing.close()
    playing.close()


def test_a_recalled_preset_neither_lifts_a_blackout_nor_makes_one(show: MakeShow) -> None:
    playing = show()
    playing.preset_commands.save_preset("light")
    playing.store.set("master.blackout", True)
    playing.store.set("master.brightness", 0.5)
    playing.store.finish_glides()
    playing.preset_commands.save_preset("dark")
    before = playing.store.snapshot["master"]
    playing.preset_commands.recall_preset("light")
    playing.store.finish_glides()
    assert playing.store.snapshot["master"] == before
    playing.store.set("master.blackout", False)
    playing.preset_commands.recall_preset("dark")
    playing.store.finish_glides()
    assert value(playing, "master.blackout") is False


def test_the_rack_is_changed_and_listed_over_osc(show: MakeShow, unused_udp_port: int) -> None:
    playing = show(options=replace(QUIET, osc_port=unused_udp_port))
    deadline = time.monotonic() + DEADLINE_S

    def play_until(wanted: Callable[[], object]) -> None:
        while not wanted():
            playing.loop.frame()
            assert time.monotonic() < deadline

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as surface:
        surface.bind(("127.0.0.1", 0))
        surface.settimeout(DEADLINE_S)
        for message in (("/rack/add", "style_mixing"), ("/rack/move", "style_mixing", 0), ("/rack/remove", "sharpen")):
            surface.sendto(encode(*message), ("127.0.0.1", unused_udp_port))
        play_until(lambda: playing.rack_editor.names() == ("style_mixing", "random_walk"))
        surface.sendto(encode("/rack/list"), ("127.0.0.1", unused_udp_port))
        assert decode(surface.recv(4096))[0].args == ("style_mixing", "random_walk")
    playing.preset_commands.save_preset("changed")
    assert read_preset(find_preset("changed", search_dirs("presets"))).show.plugins == ("style_mixing", "random_walk")


def test_a_file_that_is_saved_while_it_plays_is_loaded_anew(show: MakeShow, tmp_path: Path) -> None:
    text = "from likeness import hookimpl\n\n\nclass Plugin:\n    word = 'old'\n\n"
    text += "    @hookimpl\n    def start(self):\n        pass\n"
    path = tmp_path / "mine.py"
    path.write_text(text)
    playing = show(options=replace(QUIET, plugins=[path], watch=True))
    path.write_text(text.replace("old", "newer"))
    deadline = time.monotonic() + DEADLINE_S
    while getattr(playing.host.rack[-1].plugin, "word", "") != "newer":
        playing.loop.frame()
        assert time.monotonic() < deadline


def test_what_fails_half_way_closes_what_was_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    output = MemoryOutput()
    monkeypatch.setattr("likeness.show.screen.open_outputs", lambda *args: [output])
    before = set(threading.enumerate())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="port"):
            Show(Preset(), replace(QUIET, size=(32, 32), offline=True, osc_port=taken.getsockname()[1]))
    assert output.closed
    deadline = time.monotonic() + 20.0
    while {thread.name for thread in set(threading.enumerate()) - before} & {"render", "rack editor", "generator swap"}:
        assert time.monotonic() < deadline


def test_the_first_word_of_every_command_is_no_name_for_a_plugin(show: MakeShow, unused_udp_port: int) -> None:
    playing = show(options=replace(QUIET, size=(64, 64), osc_port=unused_udp_port))
    receiver = playing.controls._osc._receiver  # type: ignore[union-attr]
    applier = receiver._applier  # type: ignore[union-attr]
    commands = {*applier.commands, *applier.questions, *receiver._sender_commands}  # type: ignore[union-attr]
    owners = {address.partition(".")[0] for address, _ in playing.store.params()} - set(PRESET.show.plugins)
    others = {"norm", "error", "desk", "page", "picture", "health"}
    assert {address.split("/")[1] for address in commands} | owners | others == RESERVED


def test_h_and_i_belong_to_the_window_and_other_letters_to_the_plugins(show: MakeShow) -> None:
    made = show()
    keyboard, overlay = made.controls.keyboard, made.overlay
    for key in ("h", "i", "k"):
        keyboard.press(key)
    assert (overlay.help_shown, overlay.state_shown) == (True, True)
    assert made.store.advance(0.01) == (Key("k"),)
