"""Names of cues, banks, labels and presets: what is one, and what is refused, in one message."""

from pathlib import Path

import pytest

from likeness.errors import CueError, PresetError
from likeness.files.names import LONGEST, parse_name

NEVER_FILES = ("a/b", "..", ".hidden", "end.", "what?", "a\\b", "C:")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("night", "night"),
        (" two words ", "two words"),
        ("Straße 7, hinten", "Straße 7, hinten"),
        # Composed, however it was typed.
        ("nai\u0308ve", "na\u00efve"),
        ("v1.2", "v1.2"),
        ("\U0001f468\u200d\U0001f3a4", "\U0001f468\u200d\U0001f3a4"),
        ("w" * LONGEST, "w" * LONGEST),
        (7, "7"),
        (7.0, "7"),
    ],
)
def test_a_name_is_what_a_performer_writes_and_every_disk_takes(text: object, name: str, tmp_path: Path) -> None:
    assert parse_name(text, "a cue's name", CueError) == name
    (tmp_path / f"{name}.toml").write_text("")
    assert [path.stem for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("text", ["", "  ", *NEVER_FILES, "two\nlines", "\x00", "w" * 41, None, True])
def test_what_no_disk_takes_or_nobody_reads_is_refused_with_the_rule(text: object) -> None:
    with pytest.raises(PresetError, match=r"a preset's name has 1 to 40 characters in one line, none of / .* not "):
        parse_name(text, "a preset's name", PresetError)
