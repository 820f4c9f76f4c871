"""Names that a performer gives: of cues, their labels, banks and presets, by one rule, since most become files."""

import unicodedata

from likeness.errors import LikenessError

LONGEST = 40
# What some file system refuses or reads as part of a path.
REFUSED = '/\\:*?"<>|'


def parse_name(text: object, what: str, error: type[LikenessError]) -> str:
    """Return a name from a message's argument; a number is one, too.

    Args:
        text: as it came.
        what: it is to be, for the message: "a preset's name".
        error: to raise.

    Raises:
        LikenessError: of the kind `error`, if it is no name.
    """
    name = f"{text:g}" if isinstance(text, float | int) and not isinstance(text, bool) else text
    # One spelling of what looks the same: a composed letter and one with a combining accent are one file.
    name = unicodedata.normalize("NFC", name.strip()) if isinstance(name, str) else ""
    if not is_name(name):
        rule = f"1 to {LONGEST} characters in one line, none of {' '.join(REFUSED)} and no dot at an end"
        raise error(f"{what} has {rule}; not {text!r:.60}")
    return name


def is_name(text: str) -> bool:
    """Return whether `text` is a name as `parse_name` returns it."""
    # Many emoji are several joined by U+200D, which is not printable by itself.
    plain = text.replace("\u200d", "").isprintable() and not any(letter in REFUSED for letter in text)
    return plain and 0 < len(text) <= LONGEST and text.strip(". ") == text
