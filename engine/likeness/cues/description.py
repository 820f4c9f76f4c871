"""Description of the cues and the past: what a surface shows of them, ready for JSON."""

from collections.abc import Mapping

from likeness.cues.bank import Cue, CueBank
from likeness.cues.commands import CueCommands
from likeness.cues.cue_file import read_picture
from likeness.cues.recall import CueRecall, RecallProgress, state_of
from likeness.cues.thumbnail import make_thumbnail
from likeness.files.names import is_name
from likeness.files.paths import user_dir

Key = tuple[CueBank, int, tuple[str, ...], RecallProgress]


class CueDescription:
    """Describes the current bank. Any thread may call it, as often as it likes.

    Nothing here waits or locks: the bank's cues and the names of the banks are mappings and tuples that are replaced as
    a whole, and so is what was described last, together with what it was made from. A change in the middle of a
    description has a version of its own, so the next call describes anew.

    Args:
        cues: the commands, which hold the current bank.
        recall: knows which cue travels.
    """

    def __init__(self, cues: CueCommands, recall: CueRecall) -> None:
        self._cues, self._recall = cues, recall
        self._described: tuple[Key, dict[str, object]] | None = None

    def describe(self) -> dict[str, object]:
        """Return bank, banks, and each cue's state, label and picture: the same object until something changes."""
        bank = self._cues.bank
        # The version first: what is read after it is at least as new.
        key = bank, bank.version, self._cues.banks, self._recall.progress()
        described = self._described
        if described is None or described[0] != key:
            cues = {name: _describe_cue(cue, key[3]) for name, cue in bank.cues().items()}
            described = self._described = key, {"bank": bank.name, "banks": list(key[2]), "cues": cues}
        return described[1]

    def picture_of(self, bank_name: str, name: str) -> bytes | None:
        """Return the JPEG of a cue; None if it has none. Of a bank that is not the current one, the file is read."""
        bank = self._cues.bank
        if bank_name == bank.name:
            cue = bank.get(name)
            thumbnail = cue.picture.thumbnail if cue else None
        elif is_name(bank_name) and is_name(name):
            jpeg = read_picture(user_dir("cues") / bank_name / f"{name}.safetensors")
            thumbnail = make_thumbnail(jpeg) if jpeg else None
        else:
            thumbnail = None
        return thumbnail.jpeg if thumbnail else None


def _describe_cue(cue: Cue, progress: RecallProgress) -> Mapping[str, object]:
    return {
        "state": state_of(cue, progress) or "stored",
        "label": cue.label,
        "picture": cue.picture.revision,
    }
