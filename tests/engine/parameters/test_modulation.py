"""Modulation: closed forms over time and beat, the base value untouched, and nothing leaps under a hand."""

import math
from itertools import pairwise
from typing import Any

import pytest

from likeness import Bool, Choice, Float, Int, Text, Trigger
from likeness.audio.features import AudioFeatures
from likeness.errors import InputError, LikenessError, ParamError
from likeness.parameters.modulation import MAX_MODULATORS, Modulation
from likeness.parameters.modulator import Modulator
from likeness.parameters.store import ParamStore
from likeness.show.modulation_commands import modulation_commands

SPEED = "walk.speed"
DT = 1 / 60


@pytest.fixture
def store() -> ParamStore:
    store = ParamStore()
    store.declare(
        "walk",
        (
            Float(SPEED[5:], 0.5),
            Float("hz", 1.0, min=0.01, max=100.0, warp="exp"),
            Float("slow", 0.0, glide=1.0),
            Int("count", 5, max=10),
            Bool("on"),
            Choice("way", "a", choices=("a", "b", "c")),
            Text("faces"),
            Trigger("new"),
        ),
    )
    return store


def swayed(store: ParamStore, **offsets: float) -> dict[str, object]:
    store.set_modulation({f"walk.{name}": offset for name, offset in offsets.items()})
    store.advance(DT)
    return dict(store.snapshot["walk"])


def test_the_snapshot_moves_and_what_was_asked_for_does_not(store: ParamStore) -> None:
    assert swayed(store, speed=0.2)["speed"] == pytest.approx(0.7)
    assert store.target(SPEED) == store.takeover_value(SPEED) == store.targets()["walk"]["speed"] == 0.5
    store.set(SPEED, 0.1)
    assert swayed(store, speed=0.2)["speed"] == pytest.approx(0.3)
    assert swayed(store)["speed"] == 0.1


def test_it_is_added_in_fader_units_and_ends_at_the_ends(store: ParamStore) -> None:
    # A quarter of a fader from 0.01 to 100 is one decade.
    assert swayed(store, hz=0.25)["hz"] == pytest.approx(10.0)
    assert swayed(store, hz=-9.0)["hz"] == pytest.approx(0.01)
    assert swayed(store, speed=2.0)["speed"] == 1.0


def test_numbers_switches_and_choices_follow_and_a_text_does_not(store: ParamStore) -> None:
    shown = swayed(store, count=0.31, on=0.6, way=0.4, faces=0.5, new=1.0, nothing=1.0)
    assert (shown["count"], shown["on"], shown["way"], shown["faces"], shown["new"]) == (8, True, "b", "", 0)
    assert swayed(store) == {**shown, "count": 5, "on": False, "way": "a"}


def test_a_glide_goes_on_beneath_it(store: ParamStore) -> None:
    store.set("walk.slow", 1.0)
    for _ in range(30):
        shown = swayed(store, slow=0.02)
    assert shown["slow"] == pytest.approx(1 - math.exp(-3 * 0.5) + 0.02)


def test_a_plugin_that_is_declared_anew_or_leaves_takes_nothing_along(store: ParamStore) -> None:
    swayed(store, speed=0.3)
    store.declare("walk", (Float("speed", 0.5),))
    assert store.snapshot["walk"]["speed"] == 0.5
    assert swayed(store, speed=0.3)["speed"] == pytest.approx(0.8)
    store.withdraw("walk")
    store.set_modulation({})
    store.advance(DT)
    assert "walk" not in store.snapshot


def offsets(
    *modulators: Modulator,
    time: float = 0.0,
    beat: float = 0.0,
    heard: AudioFeatures = AudioFeatures(),  # noqa: B008 - frozen
) -> dict[str, float]:
    modulation = Modulation()
    modulation.replace(modulators)
    return modulation.advance(time, beat, heard)


@pytest.mark.parametrize("at", [0.0, 0.13, 1.7, 200.4])
def test_an_lfo_is_a_closed_form_of_time_or_of_beats(at: float) -> None:
    by_rate = offsets(Modulator(SPEED, amount=0.3, rate=0.7), time=at)
    assert by_rate[SPEED] == pytest.approx(0.3 * math.sin(2 * math.pi * 0.7 * at))
    by_beat = offsets(Modulator(SPEED, amount=0.3, beats=8, phase=0.25), beat=at)
    assert by_beat[SPEED] == pytest.approx(0.3 * math.cos(2 * math.pi * at / 8))


def test_polarity_says_on_which_side_of_the_base_it_goes() -> None:
    row = [offsets(Modulator(SPEED, amount=0.2, polarity="unipolar"), beat=k / 10)[SPEED] for k in range(40)]
    assert (min(row), max(row)) == (pytest.approx(0.0), pytest.approx(0.2))
    row = [offsets(Modulator(SPEED, amount=0.2), beat=k / 10)[SPEED] for k in range(40)]
    assert (min(row), max(row)) == (pytest.approx(-0.2), pytest.approx(0.2))
    assert offsets(Modulator(SPEED, amount=-0.2, source="steps", steps=(1.0,)))[SPEED] == pytest.approx(-0.2)


def test_several_on_one_parameter_add_up() -> None:
    both = offsets(
        Modulator(SPEED, source="steps", steps=(1.0,), amount=0.25),
        Modulator(SPEED, source="steps", steps=(0.5,), amount=0.1),
    )
    assert both == {SPEED: pytest.approx(0.3)}


def test_steps_follow_one_another_on_the_beat_for_ever() -> None:
    row = Modulator(SPEED, source="steps", steps=(0.0, 1.0, 0.5), beats=0.5, amount=1.0)
    got = [offsets(row, beat=beat)[SPEED] for beat in (0.0, 0.49, 0.5, 1.0, 1.5, 3.1)]
    assert got == [0.0, 0.0, 1.0, 0.5, 0.0, 0.0]


def test_the_random_ones_repeat_with_their_seed_and_differ_without() -> None:
    def row(seed: int, own: int = 0) -> list[float]:
        modulation = Modulation(seed)
        modulation.replace([Modulator(SPEED, shape="hold", beats=1, seed=own)])
        return [modulation.advance(0.0, float(beat))[SPEED] for beat in range(16)]

    assert row(1) == row(1)
    assert row(1) != row(2)
    assert row(1) != row(1, own=1)


def test_an_envelope_follows_in_its_time_at_any_frame_rate() -> None:
    for fps in (24, 60, 144):
        modulation = Modulation()
        modulation.replace([Modulator(SPEED, source="audio", band="3", attack=0.2, release=1.0, amount=1.0)])
        loud, quiet = AudioFeatures(bands=(0, 0, 0, 0.8, 0, 0, 0, 0)), AudioFeatures()
        for k in range(fps // 4 + 1):
            up = modulation.advance(k / fps, 0.0, loud)[SPEED]
        # The first look has no time before it.
        assert up == pytest.approx(0.8 * (1 - math.exp(-3 * (fps // 4) / fps / 0.2)))
        for k in range(1, fps // 2 + 1):
            down = modulation.advance((fps // 4 + k) / fps, 0.0, quiet)[SPEED]
        assert down == pytest.approx(up * math.exp(-3 * (fps // 2) / fps))


def test_an_onset_jumps_up_and_falls() -> None:
    modulation = Modulation()
    modulation.replace([Modulator(SPEED, source="onset", band="low", release=0.3, amount=1.0)])
    hits = [AudioFeatures(onsets=(n, n, 0, 0)) for n in (7, 7, 8, 8)]
    got = [modulation.advance(k * 0.1, 0.0, hit)[SPEED] for k, hit in enumerate(hits)]
    # What was counted before the first look is no onset.
    assert got == [0, 0, 1, pytest.approx(math.exp(-1))]


def test_triggers_are_pressed_by_onsets_steps_and_cycles() -> None:
    def pressed(modulator: Modulator, looks: list[tuple[float, AudioFeatures]]) -> list[int]:
        presses: list[str] = []
        modulation = Modulation(press=presses.append, is_trigger=lambda address: True)
        modulation.replace([modulator])
        counts = []
        for beat, heard in looks:
            assert modulation.advance(0.0, beat, heard) == {}
            counts.append(len(presses))
        return counts

    hits = [(0.0, AudioFeatures(onsets=(n, 0, 0, 0))) for n in (3, 3, 4, 6, 6)]
    assert pressed(Modulator("walk.new", source="onset"), hits) == [0, 0, 1, 3, 3]
    beats = [(beat, AudioFeatures()) for beat in (0.0, 0.9, 1.0, 1.5, 2.1, 3.0, 4.0)]
    assert pressed(Modulator("walk.new", beats=2), beats) == [0, 0, 0, 0, 1, 1, 2]
    steps = Modulator("walk.new", source="steps", steps=(1, 0, 0, 1), beats=1)
    assert pressed(steps, beats) == [0, 0, 0, 0, 0, 1, 2]


def test_another_rate_under_the_hand_does_not_make_it_leap() -> None:
    modulation = Modulation()
    modulation.replace([Modulator(SPEED, shape="saw", rate=0.3, polarity="unipolar", amount=1.0)])
    row = []
    for k in range(200):
        if k == 100:
            modulation.change(SPEED, 0, {"rate": 0.5})
        row.append(modulation.advance(k * DT, 0.0)[SPEED])
    ways = [(after - before) % 1 for before, after in pairwise(row)]
    assert ways == pytest.approx([0.3 * DT] * 99 + [0.5 * DT] * 100, abs=1e-9)


def test_presets_fade_into_one_another_and_what_is_in_both_goes_on() -> None:
    modulation = Modulation()
    steady = Modulator("walk.hz", source="steps", steps=(1.0,), amount=0.4)
    old, new = (Modulator(SPEED, source="steps", steps=(1.0,), amount=amount) for amount in (0.2, 0.6))
    modulation.replace([steady, old])
    modulation.advance(0.0, 0.0)
    modulation.replace([steady, new], seconds=1.0)
    assert modulation.entries == (steady, new)
    row = [modulation.advance(k / 4, 0.0) for k in range(1, 6)]
    assert [each[SPEED] for each in row] == pytest.approx([0.3, 0.4, 0.5, 0.6, 0.6])
    assert {each["walk.hz"] for each in row} == {0.4}


def command(store: ParamStore, modulation: Modulation, address: str, *args: Any) -> None:
    modulation_commands(modulation, store)[address](*args)
    store.advance(DT)


def test_osc_adds_changes_and_removes(store: ParamStore) -> None:
    modulation = Modulation()
    command(
        store, modulation, "/mod/add", "/walk/speed", "source", "steps", "steps", "1 0 0.5", "beats", 1, "amount", 0.5
    )
    command(store, modulation, "/mod/add", SPEED, "source", "audio", "band", 3.0, "amount", 0.1)
    assert [entry.to_dict() for entry in modulation.entries] == [
        {"param": SPEED, "source": "steps", "amount": 0.5, "beats": 1.0, "steps": [1.0, 0.0, 0.5]},
        {"param": SPEED, "source": "audio", "amount": 0.1, "band": "3"},
    ]
    command(store, modulation, "/mod/set", "walk.speed", 1, "amount", 0.7)
    assert modulation.entries[1].amount == 0.7
    command(store, modulation, "/mod/set", SPEED, 0, "rate", 2.0)
    assert modulation.entries[0].rate == 2.0
    command(store, modulation, "/mod/set", SPEED, 0, "beats", 8)
    assert (modulation.entries[0].rate, modulation.entries[0].beats) == (None, 8.0)
    command(store, modulation, "/mod/remove", SPEED, 0)
    assert [entry.source for entry in modulation.entries] == ["audio"]
    command(store, modulation, "/mod/clear")
    assert modulation.entries == ()


@pytest.mark.parametrize(
    ("address", "args", "says"),
    [
        ("/mod/add", ("walk.sped",), "nearest: walk.speed"),
        ("/mod/add", ("walk.faces",), "a text"),
        ("/mod/add", (SPEED, "shape", "round"), "shape"),
        ("/mod/add", (SPEED, "amount"), "a key and a value"),
        ("/mod/add", (SPEED, "amount", 3), "amount goes from -1 to 1"),
        ("/mod/add", (SPEED, "source", "steps"), "give 1 to 64 steps"),
        ("/mod/add", (SPEED, "colour", 3), "colour"),
        ("/mod/add", (SPEED, "rate", 0), "rate goes from above 0"),
        ("/mod/add", (SPEED, "param", "x"), "the parameter comes first"),
        ("/mod/set", (SPEED, -1, "amount", 0.2), "no place"),
        ("/mod/remove", (SPEED, "first"), "no place"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(
    store: ParamStore, address: str, args: tuple[Any, ...], says: str
) -> None:
    modulation = Modulation()
    with pytest.raises(LikenessError, match=says):
        command(store, modulation, address, *args)
    assert modulation.entries == ()


def test_what_cannot_be_done_any_more_is_a_line_and_the_show_goes_on(
    store: ParamStore, caplog: pytest.LogCaptureFixture
) -> None:
    modulation = Modulation()
    command(store, modulation, "/mod/set", SPEED, 0, "amount", 0.2)
    command(store, modulation, "/mod/remove", SPEED, 3)
    modulation.replace([Modulator(SPEED)] * MAX_MODULATORS)
    command(store, modulation, "/mod/add", SPEED)
    assert "there is none at 0" in caplog.text
    assert "there is none at 3" in caplog.text
    assert f"there are {MAX_MODULATORS} already" in caplog.text


@pytest.mark.parametrize("param", ["master.blackout", "master.freeze", "show.tempo"])
def test_the_master_and_the_tempo_are_left_to_hands(param: str) -> None:
    with pytest.raises(InputError, match="by hand alone"):
        Modulator(param)


def test_an_unknown_parameter_is_named(store: ParamStore) -> None:
    with pytest.raises(ParamError, match=r"no parameter 'walk\.x'"):
        modulation_commands(Modulation(), store)["/mod/add"]("walk.x")


def test_a_cues_modulators_turn_out_of_their_kin_with_a_gliding_amount_and_the_rest_thrown() -> None:
    saw = Modulator(SPEED, shape="saw", rate=1.0, amount=0.2, polarity="unipolar")
    square = Modulator(SPEED, shape="square", rate=2.0, amount=0.8, polarity="unipolar")
    mod = Modulation()
    mod.add(saw)
    mod.advance(0.1, 0.0)
    mod.recall([square], 2.0)
    assert mod.entries == (square,)
    offsets = [mod.advance(0.1 + step / 10, 0.0)[SPEED] for step in range(1, 25)]
    # A square is at its top or at its bottom from the first frame on; its top goes from 0.2 to 0.8 in two seconds.
    tops = [(step, offset) for step, offset in enumerate(offsets, 1) if offset]
    assert all(offset == pytest.approx(min(0.2 + 0.03 * step, 0.8)) for step, offset in tops)
    assert len(tops) in range(10, 15)
    # Turned round in its middle it goes back from where it is.
    mod.recall([saw], 1.0)
    assert mod.advance(2.6, 0.0)[SPEED] == pytest.approx((0.8 - 0.06) * 0.6)


def test_a_cues_other_modulators_fade_in_and_out_and_what_is_in_both_goes_on() -> None:
    steady = Modulator(SPEED, source="steps", steps=(1.0,), beats=1.0, amount=0.4)
    other = Modulator("walk.hz", source="steps", steps=(1.0,), beats=1.0, amount=0.5)
    mod = Modulation()
    mod.add(steady)
    mod.recall([steady, other], 1.0)
    assert mod.advance(0.5, 0.5) == {SPEED: pytest.approx(0.4), "walk.hz": pytest.approx(0.25)}
    mod.recall([other], 0.0)
    assert mod.advance(0.6, 0.6).get(SPEED, 0.0) == 0.0
    mod.recall([], 0.0)
    assert mod.entries == ()
