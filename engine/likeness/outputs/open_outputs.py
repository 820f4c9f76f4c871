"""The outputs that a show plays to, opened by name: windows, files, other programs, none."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from likeness.audio.features import AudioSource
from likeness.options import Options
from likeness.outputs.check_outputs import check_outputs
from likeness.outputs.displays import choose_display, find_corner, start_video
from likeness.outputs.files import NO_AUDIO, open_file
from likeness.outputs.fitting import CONTAINED, AlphaOutput, FittedOutput, Fitting, Screens
from likeness.outputs.late import LateOutput
from likeness.outputs.output import NullOutput, Output
from likeness.outputs.sending.kinds import is_sent, name_sent, open_sent
from likeness.outputs.window import WindowOutput
from likeness.outputs.window_overlay import WindowOverlay


def open_outputs(
    options: Options,
    fps: float,
    size: tuple[int, int] | None,
    heads: int,
    title: str,
    on_key: Callable[[str], None],
    on_close: Callable[[], None],
    overlay: WindowOverlay | None = None,
    audio: AudioSource = NO_AUDIO,
    fitting: Fitting = CONTAINED,
) -> list[Output]:
    """Return the outputs that `options` name. Main thread: windows belong to it.

    Args:
        size: width and height in px of one head in files; None for the generator's.
        heads: how many faces stand side by side in each picture.
        title, on_key, on_close: of windows.
        overlay: of the window, the first one of several.
        audio: what films and streams have as their sound.
        fitting: how pictures fill windows, and files of `size`.

    Raises:
        OutputError: where one cannot be opened; those before it are closed again.
    """
    check_outputs(options, heads, size)
    row = (size[0] * heads, size[1]) if size else None
    opened: list[Output] = []
    try:
        for name in options.outputs:
            if name == "window":
                opened.append(_windows(options, heads, fps, title, on_key, on_close, overlay, fitting))
            elif name == "null":
                opened.append(NullOutput())
            elif is_sent(name):
                sent: Output = (
                    LateOutput(name_sent(name), partial(open_sent, name, fps, audio))
                    if options.shadow
                    else open_sent(name, fps, audio)
                )
                opened.append(FittedOutput(sent, *size, heads, fitting) if size else sent)
            else:
                file = open_file(
                    Path(name),
                    fps,
                    offline=options.offline,
                    force=options.force,
                    audio=audio,
                    size=row,
                    profile=options.profile,
                    alpha=options.alpha,
                )
                fitted = FittedOutput(file, *size, heads, fitting) if size else file
                opened.append(AlphaOutput(fitted) if options.alpha else fitted)
    except BaseException:
        for output in opened:
            output.close()
        raise
    return opened


def _windows(
    options: Options,
    heads: int,
    fps: float,
    title: str,
    on_key: Callable[[str], None],
    on_close: Callable[[], None],
    overlay: WindowOverlay | None,
    fitting: Fitting,
) -> Output:
    windows: list[Output] = []
    size = options.size
    if size and len(options.displays) == 1:
        size = size[0] * heads, size[1]
    start_video()
    # All of them first: looking for a display's corner closes what windows there are.
    corners = [find_corner(choose_display(display)) for display in options.displays]
    try:
        for number, (display, corner) in enumerate(zip(options.displays, corners, strict=True)):
            window = WindowOutput(
                size=size,
                display=display,
                windowed=options.windowed,
                fps=fps,
                title=title,
                on_key=on_key,
                on_close=on_close,
                corner=corner,
                overlay=overlay if number == 0 else None,
                fitting=fitting,
                alone=number == len(options.displays) - 1,
            )
            windows.append(window)
    except BaseException:
        for opened in windows:
            opened.close()
        raise
    return windows[0] if len(windows) == 1 else Screens(windows)
