"""Topics: what pages are told, as numbered changes, so that each page gets what it has not got yet."""

import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = Any


class Topic(ABC):
    """Something of the show that pages are told, read now and then. The web server's thread.

    Args:
        name: in the messages.
        every_s: how often it is read, at most, in seconds.

    Attributes:
        version: the number of its newest change, as `refresh` was given it.
    """

    def __init__(self, name: str, every_s: float) -> None:
        self.name, self.version = name, 0
        self._every_s, self._next_s = every_s, 0.0

    def refresh(self, now: float, version: int) -> None:
        """Read it where that is due at `now` seconds; what has changed gets the number `version`."""
        if now < self._next_s:
            return
        self._next_s = now + self._every_s
        if self._read(version):
            self.version = version

    @abstractmethod
    def changes_since(self, version: int) -> Json:
        """Return what changed after `version`, which is at least 0; only where `self.version` is above it."""

    @abstractmethod
    def _read(self, version: int) -> bool:
        """Read it; return whether anything has changed."""


class Whole(Topic):
    """A topic that is told as a whole whenever anything in it has changed.

    Args:
        read: returns it; plain values, a new object wherever something has changed.
    """

    def __init__(self, name: str, read: Callable[[], Json], every_s: float = 0.0) -> None:
        super().__init__(name, every_s)
        self._reader = read
        self._value: Json = _NOTHING

    def changes_since(self, version: int) -> Json:
        return self._value

    def _read(self, version: int) -> bool:
        value = self._reader()
        if value is self._value or value == self._value:
            return False
        self._value = value
        return True


class Keyed(Topic):
    """A mapping of which only the keys that changed are told; None is told of a key that is gone.

    Args:
        read: returns the mapping; its values are never None.
    """

    def __init__(self, name: str, read: Callable[[], Mapping[str, Json]], every_s: float = 0.0) -> None:
        super().__init__(name, every_s)
        self._reader = read
        self._values: dict[str, Json] = {}
        self._changed: dict[str, int] = {}

    def changes_since(self, version: int) -> Json:
        changed = (key for key, at in self._changed.items() if at > version)
        # Whoever knows nothing need not be told what is gone.
        return {key: self._values.get(key) for key in changed if version or key in self._values}

    def _read(self, version: int) -> bool:
        values = self._reader()
        changed = [key for key, value in values.items() if self._values.get(key, _NOTHING) != value]
        changed += [key for key in self._values if key not in values]
        self._values = dict(values)
        self._changed.update(dict.fromkeys(changed, version))
        return bool(changed)


class Lines(Topic):
    """Lines that are only ever added, such as a log's.

    Args:
        read: returns the newest lines and the number of the last one, counted from the start of the show.
        most: how many are kept for pages that come later.
    """

    def __init__(
        self, name: str, read: Callable[[], tuple[Sequence[Json], int]], every_s: float = 0.0, most: int = 200
    ) -> None:
        super().__init__(name, every_s)
        self._reader = read
        self._lines: deque[tuple[int, Json]] = deque(maxlen=most)
        self._last = 0

    def changes_since(self, version: int) -> Json:
        return [line for at, line in self._lines if at > version]

    def _read(self, version: int) -> bool:
        lines, last = self._reader()
        new = min(last - self._last, len(lines))
        self._last = last
        if new > 0:
            self._lines.extend((version, line) for line in list(lines)[-new:])
        return new > 0


class Topics:
    """All topics, and the text that tells a page what it has not got. The web server's thread.

    Pages that have got the same share one text, so that the twentieth page costs little more than the first.

    Args:
        topics: in the order in which they are told.
        now: seconds.
    """

    def __init__(self, topics: Sequence[Topic], now: Callable[[], float] = time.monotonic) -> None:
        self._topics, self._now = topics, now
        self.version = 0
        self._texts: dict[int, str] = {}

    def refresh(self) -> None:
        """Read what is due. What raises while it is read is raised, after the others were read."""
        now, version = self._now(), self.version + 1
        errors = []
        for topic in self._topics:
            # One part of the show that cannot be described must not keep the faders from the pages.
            try:
                topic.refresh(now, version)
            except Exception as error:  # noqa: BLE001
                errors.append(error)
        if any(topic.version == version for topic in self._topics):
            self.version = version
            self._texts.clear()
        if errors:
            raise errors[0]

    def text_since(self, version: int) -> str:
        """Return what changed after `version` as JSON; an empty text where nothing has."""
        if version >= self.version:
            return ""
        text = self._texts.get(version)
        if text is None:
            changed = {topic.name: topic.changes_since(version) for topic in self._topics if topic.version > version}
            text = self._texts[version] = json.dumps(changed, allow_nan=False, separators=(",", ":"))
        return text


_NOTHING = object()
