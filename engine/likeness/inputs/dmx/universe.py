"""The sources of one universe, and which of them counts."""

from dataclasses import dataclass

from likeness.errors import InputError
from likeness.inputs.dmx.packets import Levels
from likeness.parameters.dmx_binding import DmxBinding

# A source that was not heard for so long is lost [E1.31-2018, network data loss timeout].
LOST_S = 2.5
# Made-up sources cannot fill the memory; a stage has two or three.
MOST_SOURCES = 8
# A packet this far behind the last one is late, further it is a source that began anew [E1.31-2018, 6.7.2].
LATE = 20


@dataclass
class _Source:
    last: Levels
    heard_at: float
    lost: bool = False


class Universe:
    """Merges the sources of one universe. One thread.

    The highest priority counts; of equal ones the highest level, for each binding. Art-Net has no priorities and counts
    as 100, sACN's own default. A source that is lost no longer counts where there is another one; the last one's
    levels hold.
    """

    def __init__(self) -> None:
        self._sources: dict[bytes, _Source] = {}

    def take(self, levels: Levels, now: float) -> str | None:
        """Take the newest levels of a source; return its name where it is new here or was lost before.

        Raises:
            InputError: there are too many sources.
        """
        before = self._sources.get(levels.source)
        if before is not None and not before.lost and _is_late(before.last.sequence, levels.sequence):
            return None
        if levels.ended:
            if before is not None:
                before.heard_at = now - LOST_S
            return None
        if before is None and len(self._sources) >= MOST_SOURCES:
            gone = next((key for key, source in self._sources.items() if source.lost), None)
            if gone is None:
                raise InputError(f"universe {levels.universe} has {MOST_SOURCES} sources already")
            del self._sources[gone]
        self._sources[levels.source] = _Source(levels, now)
        return levels.name if before is None or before.lost else None

    def drop_lost(self, now: float) -> list[str]:
        """Return the names of the sources that were lost since the last call."""
        lost = []
        for source in tuple(self._sources.values()):
            if not source.lost and now - source.heard_at >= LOST_S:
                source.lost = True
                lost.append(source.last.name)
        return lost

    def names(self) -> list[str]:
        """Return the names of the sources that are heard. Any thread."""
        return [source.last.name for source in tuple(self._sources.values()) if not source.lost]

    def read(self, binding: DmxBinding) -> int | None:
        """Return the value that counts for a binding; None where no source that is heard has it."""
        counting = [source.last for source in self._sources.values() if not source.lost]
        top = max((source.priority for source in counting), default=0)
        values = [binding.read(source.levels) for source in counting if source.priority == top]
        return max((value for value in values if value is not None), default=None)


def _is_late(before: int | None, sequence: int | None) -> bool:
    if before is None or sequence is None:
        return False
    return -LATE < (sequence - before + 128) % 256 - 128 <= 0
