"""Speech of synthesisers: their times are read, and what is missing is said."""

import shutil

import pytest

from likeness.errors import TrainingError
from likeness.training.voice.phonemes import DIPHTHONGS, SHAPES, Phoneme
from likeness.training.voice.speech import check_voices, parse_times, say


def test_each_sound_begins_where_the_one_before_it_ends() -> None:
    assert parse_times("pau:0.1 m:0.25 ay:0.5 \n") == (
        Phoneme("pau", 0.0, 0.1), Phoneme("m", 0.1, 0.25), Phoneme("ay", 0.25, 0.5),
    )  # fmt: skip
    with pytest.raises(TrainingError, match="instead of sounds and times"):
        parse_times("flite: unknown option")


def test_an_absent_program_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TrainingError, match="apt-get install flite"):
        say("slt", "Hello.")
    with pytest.raises(TrainingError, match="apt-get install festival"):
        say("ked_diphone", "Hello.")


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(TrainingError, match="no voice 'stl'"):
        say("stl", "Hello.")
    with pytest.raises(TrainingError, match="there is no voice to learn from"):
        check_voices([])


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_flite_says_a_sentence_whose_sounds_all_have_shapes() -> None:
    said = say("slt", 'My "baby" may move.')
    assert [each.name for each in said.phonemes if each.name == "m"] == ["m"] * 3
    assert {each.name for each in said.phonemes} <= set(SHAPES) | set(DIPHTHONGS)
    assert said.phonemes[-1].end == pytest.approx(len(said.samples) / said.rate, abs=0.1)
