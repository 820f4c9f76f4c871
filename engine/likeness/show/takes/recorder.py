"""Recorder of a take: what each frame took, handed to the writer, with the beat where it cannot be foreseen."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from likeness import __version__
from likeness.audio.noted import Note, pack_notes
from likeness.audio.open_audio import is_audio_file
from likeness.files.paths import find_weights
from likeness.host.host import Host
from likeness.options import Options
from likeness.parameters.journal import Done, Entry, Journal, ValueSet
from likeness.parameters.presets import Preset
from likeness.show.frame_stats import FrameStats
from likeness.show.takes.entries import encode_entry, shorten
from likeness.show.takes.writer import Line, TakeWriter, hash_file
from likeness.tempo.transport import Transport

FORMAT = 1
# The name of a note of what was heard.
HEARD = "heard"
# Of what is heard so much is written at once.
NOTED_S = 0.5
# The beat is written again where it is this far off what the last entry foretells: a millisecond at 120 BPM.
BEAT_OFF = 0.002
# So is the tempo; that of an external clock is never still.
TEMPO_OFF, CLOCK_TEMPO_OFF = 1e-3, 0.3
# A line that only says that the show still plays: how long a take is, even after a kill.
PULSE_S = 1.0


class TakeRecorder:
    """Records a show. The show's thread, once a frame, after the frame has taken its edits.

    Args:
        writer: of the take.
        journal: of the show's store, which tells it the faces.
        transport: of the show.
        stats: of the show, with the number of frames before this one.
        note_heard: returns what of the frame's sound is to be kept, or None.
    """

    def __init__(
        self,
        writer: TakeWriter,
        journal: Journal,
        transport: Transport,
        stats: FrameStats,
        note_heard: Callable[[], Note | None] = lambda: None,
    ) -> None:
        self._writer, self._transport, self._stats = writer, transport, stats
        self._note_heard = note_heard
        # What was heard last, and what of it waits to be written, with its times.
        self._heard: Note | None = None
        self._notes: list[tuple[float, Note]] = []
        self._beat = self._tempo = 0.0
        self._beat_at = self._written_at = -1.0
        journal.on_face.append(writer.put_face)

    def record(self, entries: Sequence[Entry]) -> None:
        """Record the frame, which took `entries`."""
        if self._writer.failed:
            return
        line = [shorten(each) for each in map(encode_entry, entries) if each is not None]
        moment = self._transport.moment
        if self._lost_beat():
            self._beat, self._tempo, self._beat_at = moment.beat, moment.tempo, moment.at
            line.append(["beat", shorten(moment.beat), shorten(moment.tempo)])
        self._note(moment.at)
        if line or moment.at - self._written_at >= PULSE_S:
            self._written_at = moment.at
            self._writer.put([self._stats.frames, round(moment.at, 4), *line])
        for entry in entries:
            if isinstance(entry, Done) and entry.name == "weights":
                self._writer.put_later(partial(hash_weights, str(entry.data[0])))

    def close(self) -> None:
        """End the take."""
        self._write_notes()
        self._writer.put({"end": round(self._transport.moment.at, 4)})
        self._writer.close()

    def _note(self, at: float) -> None:
        """Note what is heard in this frame, and write the notes of half a second."""
        heard = self._note_heard()
        if heard is not None and heard != self._heard:
            self._heard = heard
            self._notes.append((at, heard))
        if self._notes and at - self._notes[0][0] >= NOTED_S:
            self._write_notes()

    def _write_notes(self) -> None:
        if self._notes:
            began = round(self._notes[0][0], 4)
            self._writer.put([self._stats.frames, began, [HEARD, *pack_notes(self._notes)]])
            self._notes = []

    def _lost_beat(self) -> bool:
        """Return whether the beat is not where the last entry foretells it."""
        moment = self._transport.moment
        foretold = self._beat + (moment.at - self._beat_at) * self._tempo / 60.0
        allowed = CLOCK_TEMPO_OFF if self._transport.leader else TEMPO_OFF
        return self._beat_at < 0 or abs(moment.beat - foretold) > BEAT_OFF or abs(moment.tempo - self._tempo) > allowed


def drop_passed(entries: Sequence[Entry]) -> list[Entry]:
    """Return `entries` without values that another one follows in the same frame before anything else happens.

    The last one stays in its place: a morph's fader leaves alone what was set after it, and not what was set before.
    """
    kept: list[Entry] = []
    # Of those that are kept, from behind: what was set since something else happened.
    later: set[str] = set()
    for entry in reversed(entries):
        if not isinstance(entry, ValueSet) or entry.seconds or isinstance(entry.value, int):
            later.clear()
        elif entry.address in later:
            continue
        else:
            later.add(entry.address)
        kept.append(entry)
    return kept[::-1]


def make_header(
    current_preset: Callable[[], Preset],
    options: Options,
    fps: float,
    size: tuple[int, int] | None,
    host: Host,
    first_weights: str,
) -> dict[str, Any]:
    """Return the first line of a take that begins now: all that it takes to begin the same show.

    Args:
        current_preset: returns the show of the moment as a preset.
        options, fps, size, host: of the show.
        first_weights: what plays where the preset leaves the weights to the program.
    """
    preset = current_preset().model_dump(mode="json", exclude_none=True)
    preset["show"].setdefault("weights", first_weights)
    return {
        "likeness_take": FORMAT,
        "version": __version__,
        "preset": preset,
        "fps": fps,
        "size": list(size) if size else None,
        "backend": options.backend,
        "precision": options.precision,
        "audio": options.audio,
        "plugins": [
            {"name": slot.name, "file": str(slot.path.absolute()), "sha256": hash_file(slot.path)}
            if slot.path
            else {"name": slot.name}
            for slot in host.rack
        ],
    }


def hash_weights(name: str) -> Line:
    """Return the line that says which file the weights are."""
    return {"weights": name, "sha256": hash_file(find_weights(name))}


def hash_audio(name: str) -> Line | None:
    """Return the line that says which file the sound is; None where it is none."""
    return {"audio": str(Path(name).absolute()), "sha256": hash_file(Path(name))} if is_audio_file(name) else None
