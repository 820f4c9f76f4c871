"""The bank of cues: numbers, names, a folder that comes back."""

from pathlib import Path

import pytest
import torch

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import Cue, CueBank, CueFace, parse_cue_name
from likeness.cues.cue_file import write_cue
from likeness.errors import CueError

FACE = torch.ones(2, 4)


def filled(seed: int) -> Cue:
    return Cue({"walk.speed": seed / 10}, ("walk",), CueFace(torch.full((2, 4), float(seed))))


def put(bank: CueBank, name: str, cue: Cue) -> None:
    bank[name] = cue
    bank.save(cue)


@pytest.mark.parametrize(
    ("text", "name"),
    [(5, "5"), (5.0, "5"), ("05", "5"), (64, "64"), ("night", "night"), (" long night-2 ", "long night-2")],
)
def test_a_place_is_a_number_of_the_page_or_a_plain_name(text: object, name: str) -> None:
    assert parse_cue_name(text) == name


@pytest.mark.parametrize("text", [0, 65, -1, 2.5, "", "../x", "a/b", "a" * 41, ".hidden", None, True, "what?"])
def test_what_is_neither_is_refused(text: object) -> None:
    with pytest.raises(CueError):
        parse_cue_name(text)


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    writer = BackgroundWriter()
    bank = CueBank(tmp_path / "main", writer)
    put(bank, "5", filled(5))
    put(bank, "night", filled(7))
    put(bank, "5", filled(6))
    writer.close()
    again = CueBank(tmp_path / "main", BackgroundWriter())
    assert again.names() == ["5", "night"]
    assert again["5"].values == {"walk.speed": 0.6}
    assert again["5"].rack == ("walk",)
    assert torch.equal(again["5"].face.latent, torch.full((2, 4), 6.0))


def test_a_cue_of_an_older_version_leaves_modulators_alone_and_a_broken_one_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_cue(tmp_path / "old.safetensors", {"values": {}, "rack": []}, torch.zeros(2, 4))
    broken = {"values": {}, "modulation": [{"param": "walk.speed", "shape": "round"}]}
    write_cue(tmp_path / "broken.safetensors", broken, torch.zeros(2, 4))
    bank = CueBank(tmp_path, BackgroundWriter())
    assert bank.names() == ["old"]
    assert bank["old"].modulation is None
    assert "walk.speed, shape" in caplog.text


def test_what_was_cleared_is_gone_here_and_after_a_restart(tmp_path: Path) -> None:
    writer = BackgroundWriter()
    bank = CueBank(tmp_path, writer)
    put(bank, "night", filled(7))
    assert writer.flush(20)
    bank.clear("night")
    writer.close()
    assert CueBank(tmp_path, BackgroundWriter()).names() == []
    with pytest.raises(CueError, match="no cue 'night' is stored"):
        bank.clear("night")


def test_a_face_that_comes_after_its_cue_was_cleared_is_not_written(tmp_path: Path) -> None:
    writer, cue = BackgroundWriter(), filled(1)
    bank = CueBank(tmp_path, writer)
    bank["1"] = cue
    bank.clear("1")
    bank.save(cue)
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_next_goes_through_the_numbered_places_and_round(tmp_path: Path) -> None:
    bank = CueBank(tmp_path, BackgroundWriter())
    with pytest.raises(CueError, match="/cue/store 1"):
        bank.next_number(None)
    for name in ("2", "10", "33", "night"):
        bank[name] = filled(1)
    assert [bank.next_number(last) for last in (None, "2", "5", "10", "33", "night")] == [
        "2",
        "10",
        "10",
        "33",
        "2",
        "2",
    ]


def test_a_broken_file_costs_its_own_cue_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = BackgroundWriter()
    put(CueBank(tmp_path, writer), "1", filled(1))
    writer.close()
    (tmp_path / "2.safetensors").write_bytes(b"rubbish")
    assert CueBank(tmp_path, BackgroundWriter()).names() == ["1"]
    assert "2.safetensors is not a whole cue" in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        {"rack": 5, "values": [1], "modulation": None},
        {"rack": {"a": 1}, "values": {"walk.speed": [[1]], "walk.depth": None}},
        {"rack": [1, None], "values": "all"},
    ],
)
def test_a_header_of_other_kinds_leaves_the_face(tmp_path: Path, header: dict[str, object]) -> None:
    write_cue(tmp_path / "1.safetensors", header, FACE)
    cue = CueBank(tmp_path, BackgroundWriter())["1"]
    assert cue.values == {}
    assert cue.face.latent is not None


@pytest.mark.parametrize("modulation", [5, [5], {"a": 1}, [{"param": "a.b", "amount": [1]}]])
def test_modulators_of_other_kinds_cost_their_own_cue_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, modulation: object
) -> None:
    write_cue(tmp_path / "1.safetensors", {"modulation": modulation}, FACE)
    write_cue(tmp_path / "².safetensors", {}, FACE)
    assert CueBank(tmp_path, BackgroundWriter()).names() == ["²"]
    assert "a cue's modulators cannot be read" in caplog.text


def test_a_cue_is_read_whatever_the_case_of_its_ending(tmp_path: Path) -> None:
    write_cue(tmp_path / "7.SAFETENSORS", {}, FACE)
    assert CueBank(tmp_path, BackgroundWriter()).names() == ["7"]


def test_an_unknown_cue_is_answered_with_the_nearest(tmp_path: Path) -> None:
    bank = CueBank(tmp_path, BackgroundWriter())
    bank["night"] = filled(1)
    with pytest.raises(CueError, match="nearest: night"):
        bank["nihgt"]
