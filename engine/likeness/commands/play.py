"""`likeness play`, `render` and `demo`. Their options are declared in `likeness.options`."""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from likeness.commands.early_checks import refuse_early, refuse_no_take, refuse_played
from likeness.errors import InputError, OutputError, RenderError
from likeness.options import (
    DEFAULT_FPS,
    DEFAULTS,
    PICTURE_DEFAULTS,
    Options,
    OutFile,
    PictureOptions,
    PlayedName,
    count_threads,
    quieten,
    ranged,
    read_named_preset,
)
from likeness.ranges import SECONDS, SHARDS

if TYPE_CHECKING:
    from torch import Tensor

    from likeness.outputs.group import OutputGroup
    from likeness.parameters.presets import Preset
    from likeness.show.shadow.following import Following, Played
    from likeness.show.show import Show
    from likeness.show.takes.reader import Take
    from likeness.web.server import WebServer

log = logging.getLogger(__name__)

DEMO_FILE = "out/demo.mp4"
DEMO_SECONDS = 20.0


def play(
    preset: PlayedName = "demo",
    *,
    seconds: Annotated[float | None, ranged(SECONDS, "When to end; without it, play until stopped.")] = None,
    options: Options = DEFAULTS,
) -> None:
    """Play a preset or a take live. Esc ends, F is full-screen, Space freezes, B fades to black.

    Of a take, a control that you touch is yours from then on, and --take keeps what comes of it.
    """
    options = replace(options, seconds=seconds)
    refuse_early(options)
    if options.shadow is not None:
        from likeness.commands.shadow import play_shadow

        play_shadow(preset, options, partial(_play_shadow, preset))
    elif is_take(preset):
        take, options = open_take(preset, options)
        _play(take.preset, None, options, take)
    else:
        _play(*read_played(preset, options), options)


def render(
    preset: PlayedName = "demo",
    *,
    output: OutFile,
    seconds: Annotated[
        float | None, ranged(SECONDS, "Length of the result; without it 20 s of a preset, and a take to its end.")
    ] = None,
    alpha: Annotated[bool, Parameter(negative="")] = False,
    start: Annotated[str | None, Parameter(name="--from", help="Of a take, where the film begins, as 12:30.")] = None,
    end: Annotated[str | None, Parameter(name="--to", help="Of a take, where the film ends, as 18:00.")] = None,
    shards: Annotated[
        int | None,
        ranged(
            SHARDS, "Of a take: into how many parts it is cut. Without --shard, those missing are rendered, all joined."
        ),
    ] = None,
    shard: Annotated[int | None, ranged(SHARDS, "Render this part alone, counted from 1; on any machine.")] = None,
    workers: Annotated[int | None, ranged(SHARDS, "Of a take: render so many parts at a time here, and join.")] = None,
    ray: Annotated[str | None, Parameter(help="Render --shards on the Ray cluster of this address.")] = None,
    keep_going: Annotated[bool, Parameter(negative="")] = False,
    options: PictureOptions = PICTURE_DEFAULTS,
) -> None:
    """Render a preset or a take to a file on a fixed clock: the same one gives the same frames, bit by bit.

    Parameters
    ----------
    output
        The file: .mp4, .mov, .mkv, .gif, or .png for a sequence.
    alpha
        Keep the person's silhouette as the film's alpha channel; needs the composite family. A .mov is ProRes 4444,
        and a .mkv what --profile says: prores4444, vp9 or ffv1.
    keep_going
        Render on where a plugin fails or cannot do what it is told, as a live show plays on. Without it the render
        ends there, with status 2.
    """
    rendered = replace(quieten(options), outputs=[output], offline=True, alpha=alpha, keep_going=keep_going)
    refuse_early(rendered)
    if is_take(preset):
        take, rendered = open_take(preset, rendered)
        rendered = _cut(rendered, take, seconds, start, end)
        if ray and (not shards or shard or workers):
            raise InputError("--ray renders the parts of --shards, all of them: give it --shards 8, say, and no other")
        if shards or shard or workers:
            from likeness.commands.shards import Film, render_film
            from likeness.show.takes.material import hash_material

            # The same for every worker, whatever machine has how many cores: another number may give another last bit.
            rendered = replace(rendered, threads=count_threads(rendered))
            fps = rendered.fps or take.preset.show.fps or DEFAULT_FPS
            film = Film(take.path, rendered, fps, shards, workers or 1, hash_material(take, rendered))
            run = None
            if ray is not None:
                from likeness.commands.ray_shards import RayWorkers

                run = RayWorkers(film, render_part, ray).run
            render_film(film, shard, render_part, run)
        else:
            _render(take.preset, rendered, take)
    elif start or end or shards or shard or workers or ray:
        raise InputError(f"--from, --to and --shards cut a take, and {preset} is a preset; give it --seconds")
    else:
        played = read_named_preset(preset)
        _render(played, replace(rendered, seconds=seconds or DEMO_SECONDS))


def render_part(path: Path, options: Options) -> bool:
    """Render a part of the take `path`; return whether it was rendered to its end."""
    take, options = open_take(str(path), options)
    return _render(take.preset, options, take, told=False)


def demo() -> None:
    """Show what it can do: in a window where there is a display, else as a video in out/demo.mp4."""
    from likeness.outputs.window import has_display

    if has_display():
        print("Playing in a window: Esc ends, F is full-screen, Space freezes, B fades to black.")
        play("demo", options=replace(DEFAULTS, windowed=True))
    else:
        print("No display here, so the demo becomes a video.")
        render("demo", output=DEMO_FILE, seconds=DEMO_SECONDS)


def read_played(name: str, options: Options) -> "tuple[Preset, Tensor | None]":
    """Return the preset of that name; with --resume, the last show and its face, where there is one."""
    if not options.resume:
        return read_named_preset(name), None
    from likeness.cues.autosave import read_autosave

    last = read_autosave()
    print("Going on with the last show." if last else f"There is no last show to go on with; playing {name}.")
    return last or (read_named_preset(name), None)


def is_take(name: str) -> bool:
    """Return whether `name` means a take, by its ending."""
    return name.lower().endswith(".take")


def open_take(name: str, options: Options) -> "tuple[Take, Options]":
    """Return the take in the file `name`, and `options` with what it says and they do not."""
    refuse_no_take(Path(name))
    from likeness.show.takes.material import with_material
    from likeness.show.takes.reader import read_take

    take = read_take(Path(name))
    return take, with_material(take, options)


def _cut(options: Options, take: "Take", seconds: float | None, start: str | None, end: str | None) -> Options:
    """Return `options` with the part of the take that is to be rendered.

    Raises:
        InputError: there is no such part.
    """
    from likeness.show.takes.reader import format_time, parse_time

    begin = parse_time(start) if start else 0.0
    last = parse_time(end) if end else begin + seconds if seconds else max(take.seconds, 1e-3)
    if begin >= min(last, max(take.seconds, 1e-3)):
        raise InputError(
            f"there is nothing of {take.path} from {format_time(begin)} to {format_time(last)}; it is "
            f"{format_time(take.seconds)} long"
        )
    return replace(options, begin=begin, seconds=last)


def _play_shadow(preset: str, options: Options, leader: "Following | None") -> "Show":
    """Play what `leader` plays; without one the last show, or `preset`."""
    if leader is None:
        return _play(*read_played(preset, options), options)
    return _play(leader.take.preset, None, options, leader)


def _play(preset: "Preset", face: "Tensor | None", options: Options, take: "Played" = None) -> "Show":
    refuse_played(preset, options)
    # Imports and weights take seconds, and most of a minute on a busy machine.
    print("Starting.", flush=True)
    from likeness.show.heap import keep_one_heap

    # Before torch has threads.
    keep_one_heap()
    from contextlib import nullcontext

    from likeness.commands.status_panel import StatusPanel
    from likeness.generators.devices import find_unused_card
    from likeness.outputs.check_outputs import is_file
    from likeness.outputs.sending.kinds import is_sent, name_sent
    from likeness.show.heartbeat import beating
    from likeness.show.show import Show

    unused = find_unused_card() if options.device == "auto" else None
    if unused:
        log.warning("%s", unused)
    with Show(preset, options, face, take) as show:
        until = f"for {options.seconds:g} s" if options.seconds else "until Ctrl+C"
        names = [name_sent(name) if is_sent(name) else name for name in options.outputs if not is_file(name)]
        files = [str(recording.path) for recording in show.loop.outputs.recordings]
        doing = "Ready to play" if show.loop.outputs.held_back else "Playing"
        print(f"{doing} on {', '.join(names + files)} {until}.", flush=True)
        if show.web:
            _print_desk(show.web, options.open_desk)
        told = beating(show.loop, show.health.answer, show.stop)
        with StatusPanel(show.status) if options.status else nullcontext(), told:
            show.run()
        print(show.loop.stats.summary())
    if show.takes.path:
        print(f"The take is in {_absolute(show.takes.path)}")
    if not show.loop.outputs.held_back:
        _report_files(show.loop.outputs, drawn=show.loop.drawn is not None)
    return show


def _print_desk(web: "WebServer", open_page: bool) -> None:
    """Print where the desk is; beyond this machine, the link with its code, for a camera as well."""
    from likeness.web.qr import qr_text

    here = f"http://127.0.0.1:{web.port}/"
    if web.access.beyond_loopback:
        link = web.access.link("desk")
        print(f"The desk is at {link}\n{qr_text(link)}\nTo look without playing: {web.access.link('view')}", flush=True)
    else:
        print(f"The desk is at {here}", flush=True)
    if open_page:
        import webbrowser

        webbrowser.open(here)


def _render(preset: "Preset", options: Options, take: "Take | None" = None, *, told: bool = True) -> bool:
    """Render to the options' output, `told` how far it is; return whether it was rendered to its end.

    Raises:
        RenderError: something failed, and the render is not to keep going.
    """
    refuse_played(preset, options)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness.show.show import Show

    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"), TimeRemainingColumn())
    try:
        with Show(preset, options, take=take) as show, Progress(*columns, disable=not told) as progress:
            task = progress.add_task("render", total=show.frames)
            show.run(lambda done: progress.update(task, completed=done))
    except RenderError as error:
        raise RenderError(f"{error}; --keep-going renders on all the same") from error
    _report_files(show.loop.outputs, drawn=True, told=told)
    if show.host.stop_faults and not options.keep_going:
        raise RenderError("; ".join(show.host.stop_faults.values()))
    return show.loop.stats.frames == show.frames


def _report_files(outputs: "OutputGroup", *, drawn: bool, told: bool = True) -> None:
    """Print where the files are, if that is to be `told`.

    Raises:
        OutputError: where one could not be written, or is gone.
    """
    lost = []
    for recording in outputs.recordings:
        place = recording.find_result()
        if recording.name in outputs.failed:
            lost.append(f"{recording.path} could not be written to its end; the lines above say why")
        elif not drawn:
            lost.append(f"{recording.path} was not written: the show ended before its first picture")
        elif place is None:
            lost.append(f"{recording.path} is gone: it was deleted or moved while it was being written")
        elif told:
            print(f"The result is in {_absolute(place)}")
    if lost:
        raise OutputError("; ".join(lost))


def _absolute(path: Path) -> Path:
    try:
        return path.absolute()
    except FileNotFoundError:  # the working folder was removed meanwhile
        return path
