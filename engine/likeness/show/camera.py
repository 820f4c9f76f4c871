"""Brings the camera into the show: its pictures to the plugins, its mark onto the screen."""

from collections.abc import Callable

from likeness.inputs.camera.input import CameraInput
from likeness.inputs.camera.live_mark import LiveMark
from likeness.parameters.store import ParamStore
from likeness.picture import Picture


class CameraStage:
    """Opens the camera at once and closes it in `close`.

    Args:
        source: as `CameraInput` takes it.
        store: gets each picture as an event.
        busy: whether a frame is being drawn; pictures are then left out, the newest will do.

    Raises:
        InputError: where the source is a file that is not there.
    """

    def __init__(self, source: str, store: ParamStore, busy: Callable[[], bool]) -> None:
        self._camera, self._mark = CameraInput(source), LiveMark()
        self._store, self._busy = store, busy
        self._camera.start()

    def between(self, time: float, beat: float) -> None:
        """Hand the newest picture on, before a frame. The show's thread."""
        if self._busy():
            return
        image = self._camera.newest()
        if image is not None:
            self._store.post(image)

    def mark(self, picture: Picture) -> Picture:
        """Return the finished picture, marked while the camera is live."""
        return self._mark(picture) if self._camera.live else picture

    def state(self) -> dict[str, int | str]:
        """Return what there is to know of the camera, for the show's status. Any thread."""
        state = self._camera.state()
        size = f"{state.size[0]}x{state.size[1]}" if state.live else "not there"
        return {"source": state.name, "picture": size, "pictures": state.pictures}

    def close(self) -> None:
        """Stop watching."""
        self._camera.close()
