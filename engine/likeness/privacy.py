"""Whether the frame under way shows somebody who has not agreed to be kept."""


class Privacy:
    """A mark on a frame. What is marked enters no history, no cue and no autosave. The render thread alone."""

    def __init__(self) -> None:
        self._marked = False

    def mark(self) -> None:
        """Say, within `update`, that the latent of this frame is a visitor's, whole or in part."""
        self._marked = True

    def take(self) -> bool:
        """Return whether the frame was marked, and begin the next one unmarked."""
        marked, self._marked = self._marked, False
        return marked
