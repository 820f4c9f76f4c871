"""The camera in a show: its pictures go to the plugins, its mark onto the screen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from likeness.inputs.camera.film import FilmCamera
from likeness.inputs.camera.input import CameraInput
from likeness.inputs.camera.live_mark import LiveMark
from likeness.inputs.camera.source import check_rendered, is_film
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.show.clock import Clock
from likeness.stage import VisitorState

# Of states that are no phase of a turn.
ALONE = frozenset({"waiting", "searching"})


def describe_visitors(states: Sequence[str]) -> str:
    """Return who is there, in words, such as "one visitor, at the walk"."""
    places = [state if state in ALONE else f"at the {state}" for state in states]
    if len(places) < 2:
        return f"one visitor, {places[0]}" if places else "no visitor"
    counted = [f"{places.count(place)} {place}" for place in dict.fromkeys(places)]
    return f"{len(places)} visitors: {', '.join(counted)}"


def _open_camera(source: str, clock: Clock | None) -> CameraInput | FilmCamera:
    if clock is None or not clock.offline:
        return CameraInput(source)
    if is_film(source):
        return FilmCamera(Path(source), lambda: clock.at)
    check_rendered(source)
    return CameraInput(source)


class CameraStage:
    """Opens the camera at once and closes it in `close`.

    Args:
        source: as `CameraInput` takes it; None is no camera.
        store: gets each picture as an event.
        behind: returns whether the frame that is being drawn is late; pictures are then left out, the newest will do.
        clock: of the show; a render goes through a film by it, picture by picture, instead of playing it in its time.

    Raises:
        InputError: where the source is a file that is not there, or in a render no file at all.
    """

    def __init__(
        self,
        source: str | None,
        store: ParamStore,
        behind: Callable[[], bool],
        clock: Clock | None = None,
    ) -> None:
        self._camera = _open_camera(source, clock) if source else None
        self._store, self._behind, self._mark = store, behind, self.make_mark()
        if self._camera:
            self._camera.start()

    def advance(self, time: float, beat: float) -> None:
        """Hand the newest picture on, before a frame. The show's thread."""
        if self._camera is None or self._behind():
            return
        image = self._camera.newest()
        if image is not None:
            self._store.post(image)

    def mark(self, picture: Picture) -> Picture:
        """Return the finished picture, marked while the camera is live."""
        return self._mark(picture)

    def make_mark(self) -> Callable[[Picture], Picture]:
        """Return what marks other pictures, such as one that was cut out of the show's. The show's thread."""
        mark = LiveMark()

        def mark_live(picture: Picture) -> Picture:
            if self._camera and self._camera.live:
                return mark(picture)
            mark.forget()
            return picture

        return mark_live

    def counters(self) -> dict[str, dict[str, int | str]]:
        """Return what the status says of the camera, nothing where there is none. Any thread."""
        if self._camera is None:
            return {}
        state = self._camera.state()
        size = f"{state.size[0]}x{state.size[1]}" if state.live else "not there"
        size += f", {state.trouble}" if state.trouble else ""
        return {"camera": {"source": state.name, "picture": size, "pictures": state.pictures}}

    def describe(self, visitors: Sequence[VisitorState]) -> dict[str, Any]:
        """Return whether somebody may be filmed, and the `visitors` in words, ready for `json.dumps`. Any thread.

        It names no camera: its source may be an address with a password in it.
        """
        live = self._camera is not None and self._camera.live
        return {
            "on": self._camera is not None,
            "live": live,
            # The mark is on every picture while it is live.
            "mark": live,
            "visitors": [{"state": each.state, "since": round(max(each.seconds, 0.0))} for each in visitors],
            "words": describe_visitors([each.state for each in visitors]),
        }

    def close(self) -> None:
        """Close the camera."""
        if self._camera:
            self._camera.close()
