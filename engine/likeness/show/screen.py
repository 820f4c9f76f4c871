"""Outputs of a show, with the keys and the overlay of its window."""

from collections.abc import Callable, Sequence
from typing import cast

from likeness.audio.features import AudioSource
from likeness.inputs.keyboard import Keyboard
from likeness.options import Options
from likeness.outputs.files import NO_AUDIO
from likeness.outputs.fitting import Fitting
from likeness.outputs.group import OutputGroup
from likeness.outputs.open_outputs import open_outputs
from likeness.outputs.window_overlay import WindowOverlay
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.ranges import Fit
from likeness.show.camera import CameraStage

HELP_KEY, STATE_KEY = "h", "i"


class Screen:
    """The outputs of a show, the keyboard of its window, and what is drawn over the picture there. Main thread.

    Args:
        preset: has the title and the heads.
        options: which outputs, and on which displays.
        fps, size: as `open_outputs` takes them.
        store: where parameters live.
        quit_show: ends the show.
        state: returns the parts of the window's line of state.
        audio: what films have as their sound.
        camera: marks what is cut out of the show's pictures.

    Raises:
        OutputError: where an output cannot be opened.
    """

    def __init__(
        self,
        preset: Preset,
        options: Options,
        fps: float,
        size: tuple[int, int] | None,
        store: ParamStore,
        quit_show: Callable[[], None],
        state: Callable[[], Sequence[str]],
        audio: AudioSource,
        camera: CameraStage,
    ) -> None:
        self.keyboard, self.overlay = Keyboard(store, quit_show), WindowOverlay(state)
        self.keyboard.on_key(HELP_KEY, self.overlay.toggle_help)
        self.keyboard.on_key(STATE_KEY, self.overlay.toggle_state)
        heads, title = preset.show.heads or 1, preset.title or "likeness"
        fitting = Fitting(lambda: cast(Fit, store.snapshot["show"]["fit"]), camera.make_mark)
        audio = NO_AUDIO if options.silent else audio
        self.outputs = OutputGroup(
            open_outputs(options, fps, size, heads, title, self.keyboard.press, quit_show, self.overlay, audio, fitting)
        )
