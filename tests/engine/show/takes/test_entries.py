"""Entries of a take: every kind of event is written and read back, or left out for a reason that is said."""

import inspect
import json
from typing import get_args

import numpy as np
import pytest

import likeness.cues.latent_commands
import likeness.events
from likeness.errors import InputError
from likeness.events import Event, FaceMoves, Forget, Key, LatentCommand, Note, Panic, Recall
from likeness.parameters.journal import Done, Entry, Posted, ValueSet
from likeness.show.takes.entries import LEFT_OUT, WRITTEN, decode_entry, encode_entry, shorten
from likeness.show.takes.recorder import drop_passed


def test_every_kind_of_event_is_in_a_take_or_left_out_for_a_reason() -> None:
    modules = (likeness.events, likeness.cues.latent_commands)
    commands = {kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass)}
    commands = {kind for kind in commands if issubclass(kind, LatentCommand)} - {LatentCommand}
    every = commands | set(get_args(Event))
    # A recall is written with its face, by a name of its own.
    assert every == set(WRITTEN.values()) | set(LEFT_OUT) | {Recall}
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize(
    "entry",
    [
        ValueSet("a.b", 0.25),
        ValueSet("a.b", True),
        ValueSet("a.b", "word"),
        ValueSet("a.b", 7, 2.5),
        Posted(Note(60, 0.5, 3)),
        Posted(Key("space")),
        Posted(Panic()),
        Posted(Forget()),
        Posted(FaceMoves({"jaw": 0.25, "yaw": -0.5})),
        Posted(FaceMoves({})),
        Posted(likeness.cues.latent_commands.Release(2.0)),
        Done("rack", (["one", "two"], ["two"])),
    ],
    ids=str,
)
def test_what_is_written_is_read_back(entry: Entry) -> None:
    assert decode_entry(json.loads(json.dumps(encode_entry(entry)))) == entry


def test_all_that_is_written_is_tried_above() -> None:
    marks = [mark for mark in test_what_is_written_is_read_back.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    tried = {type(entry.event) for entry in marks[0].args[1] if isinstance(entry, Posted)}
    assert tried == set(WRITTEN.values())


@pytest.mark.parametrize(
    "entry", [None, [], ["note", "x", 1, 1], ["face", {"jaw": "x"}], ["a.b", None], ["a.b", 1, "x"], {"a": 1}, 3]
)
def test_what_no_take_says_is_refused(entry: object) -> None:
    with pytest.raises(InputError):
        decode_entry(entry)


def test_each_number_of_a_message_stays_apart_from_the_next() -> None:
    first = np.float32(0.1)
    numbers = [first, np.nextafter(first, np.float32(1.0)), np.float32(1 / 3), np.float32(123456.7)]
    assert [np.float32(shorten(float(number))) for number in numbers] == numbers


def test_of_values_that_pass_in_a_frame_the_last_is_kept_in_its_place() -> None:
    one, fader, two, press = ValueSet("a.b", 0.1), ValueSet("preset.morph", 0.5), ValueSet("a.b", 0.2), Posted(Panic())
    assert drop_passed([one, fader, two]) == [fader, two]
    assert drop_passed([one, two, press, one]) == [two, press, one]
    slow = ValueSet("a.b", 0.3, 2.0)
    assert drop_passed([one, slow, two]) == [one, slow, two]
