"""The retries of a plugin that the host has bypassed: after a minute, and later and later where it fails again."""

import threading

# How long until it is tried again at first, and at most, seconds of the show; each failure doubles it. What has played
# for as long as the longest wait begins anew.
FIRST_S, MOST_S = 60.0, 3600.0


class Retry:
    """When one plugin is tried again. The show's time counts, so that a render that goes on does as the show did."""

    def __init__(self) -> None:
        self._wait_s, self._tried_at = 0.0, -MOST_S
        self._since: float | None = None
        self._hung: threading.Thread | None = None

    def begin(self, at: float) -> float:
        """Begin to wait: the host has bypassed the plugin at the show's time `at`. Return for how many seconds."""
        again = at - self._tried_at < MOST_S
        self._wait_s = min(2 * self._wait_s, MOST_S) if again and self._wait_s else FIRST_S
        self._since = at
        return self._wait_s

    def hold(self, thread: threading.Thread | None) -> None:
        """Wait for the end of a thread, too, that was left behind in the plugin: it is not run twice at a time."""
        self._hung = thread

    def end(self) -> None:
        """Wait no longer: it plays again, or another one plays in its place."""
        self._since = None

    def is_due(self, at: float) -> bool:
        """Return whether the plugin is to be tried at the show's time `at`, once for each wait."""
        if self._since is None or at - self._since < self._wait_s or (self._hung and self._hung.is_alive()):
            return False
        self._since, self._tried_at, self._hung = None, at, None
        return True
