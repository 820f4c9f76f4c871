"""A show's rack: plugins loaded into the host, the parameters that every show has, and their first values."""

import logging
from collections.abc import Container, Mapping, Sequence
from functools import partial
from pathlib import Path

from likeness import master
from likeness.cues import history_commands as history_desk
from likeness.cues import recall as cue_recall
from likeness.errors import ParamError, PluginError, RenderError, nearest
from likeness.errors.fault_log import say_error
from likeness.errors.place import put_place_first
from likeness.files.paths import bundled_dir, search_dirs
from likeness.host.deadline import call_with_deadline
from likeness.host.discovery import find_plugins, load_plugin
from likeness.host.failure import describe_failure, give_place
from likeness.host.host import READY_S, Host
from likeness.options import PictureOptions
from likeness.parameters.modulation import Modulation
from likeness.parameters.modulator import Modulator
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.params import describe_clamped
from likeness.show import loop, preset_morph

log = logging.getLogger(__name__)


def load_rack(host: Host, names: Sequence[str], files: Sequence[Path], *, strict: bool = True) -> dict[str, str]:
    """Load plugins into `host`: `names` in order, then `files`; return those left out, and why in a line of words.

    One that cannot be imported or hooked is left out with its traceback; the show starts without it.

    Raises:
        PluginError: where a file does not exist, or, if `strict`, a name. A show that is resumed plays without it.
        RenderError: where one would be left out of a render.
    """
    found = find_plugins(search_dirs("plugins"))
    for path in files:
        if not path.is_file():
            raise PluginError(f"there is no plugin file {path}")
        found[path.stem] = path
    left_out = {}
    for name in dict.fromkeys((*names, *(path.stem for path in files))):
        known = name in found
        try:
            plugin = call_with_deadline(partial(load_plugin, name, found), READY_S, "its imports", host.state, name)
            add = partial(host.add, name, plugin, found.get(name))
            call_with_deadline(add, READY_S, "its `declare_params`", host.state, name)
        # Ctrl+C, which comes to the thread that waits here, ends the program.
        except KeyboardInterrupt:
            raise
        # A plugin's file may raise anything while it is imported, `sys.exit()` too; the show starts without it.
        except BaseException as error:
            if not known and isinstance(error, PluginError):
                if strict:
                    raise
                log.error("plugin %s is left out: its file is not here; give it again, as --plugin FILE", name)
                left_out[name] = "left out: its file is not here"
                continue
            give_place(error, found.get(name))
            if host.store.fatal:
                said = f"plugin {name} cannot be loaded: {say_error(error)}"
                raise RenderError(put_place_first(error, said)) from error
            log.error("plugin %s is left out: %s", name, say_error(error), exc_info=error)
            left_out[name] = f"left out: {describe_failure(error, found.get(name))}"
    return left_out


def set_first_values(
    store: ParamStore,
    modulation: Modulation,
    preset: Preset,
    options: PictureOptions,
    left_out: Container[str],
    *,
    strict: bool,
) -> None:
    """Apply the preset, then the settings of `options`, with their glides at their ends; leave those of `left_out` out.

    Of what is out of its range a line is logged, and of what a modulator moves around the value that was set.

    Raises:
        ParamError: where `strict`, for a value that does not fit, or a parameter that is to be unmodulated and never
            was modulated; else it is logged.
    """
    if strict:
        _refuse_absent(store, options.settings, left_out)
    every = {**preset.flat_values(), **options.settings}
    wanted = {address: value for address, value in every.items() if plays(address, left_out)}
    refused = store.recall(wanted)
    warn_of_clamped(store, wanted)
    if refused and strict:
        raise ParamError(refused[0])
    for line in refused:
        log.warning("the last show: %s", line)
    modulators = _choose_modulators(preset.modulation, options.unmodulated, strict=strict)
    for entry in modulators:
        if plays(entry.param, left_out):
            store.param(entry.param)
    modulation.replace(modulators)
    for address in {entry.param for entry in modulators} & wanted.keys() & options.settings.keys():
        taken = store.param(address).parse(wanted[address])
        around = f"{taken:g}" if isinstance(taken, float) else taken
        said = "%s: the preset's modulation moves it around %s; --unmodulated %s holds it there"
        log.info(said, address, around, address)
    store.finish_glides()


def _refuse_absent(store: ParamStore, settings: Mapping[str, object], left_out: Container[str]) -> None:
    """Refuse a setting of a plugin that is there and does not play."""
    playing = {address.partition(".")[0] for address, _ in store.params()}
    there = find_plugins(search_dirs("plugins"))
    for address in settings:
        owner = address.partition(".")[0]
        if owner in there and owner not in playing and plays(address, left_out):
            raise ParamError(f"--set {address}: the plugin {owner} does not play here; add it with --plugin {owner}")


def _choose_modulators(
    modulators: Sequence[Modulator], unmodulated: Sequence[str], *, strict: bool
) -> tuple[Modulator, ...]:
    """Return the modulators whose parameters are not to be left alone."""
    known = {entry.param for entry in modulators}
    for address in unmodulated:
        if address not in known and strict:
            raise ParamError(
                f"--unmodulated {address}: the preset modulates no such parameter; {nearest(address, known)}"
            )
    return tuple(entry for entry in modulators if entry.param not in unmodulated)


def warn_of_clamped(store: ParamStore, values: Mapping[str, object]) -> None:
    """Log a line for each of `values`, by address, that is out of its parameter's range and was taken at its end."""
    for address, value in values.items():
        words = describe_clamped(store.param(address), value) if address in store else ""
        if words:
            log.warning("%s: %s", address, words)


def plays(address: str, left_out: Container[str]) -> bool:
    """Return whether the address belongs to no plugin that was left out; a value for one of those is no error."""
    return address.partition(".")[0] not in left_out


def declare_show_params(store: ParamStore) -> None:
    """Declare the parameters that every show has, whatever plugins it plays."""
    store.declare("master", master.PARAMS)
    store.declare("show", loop.PARAMS)
    store.declare("cue", cue_recall.PARAMS)
    store.declare("history", history_desk.PARAMS)
    store.declare("preset", preset_morph.PARAMS)


def declare_all_params() -> ParamStore:
    """Return a store in which the master, the show and every bundled plugin have declared their parameters."""
    store = ParamStore()
    declare_show_params(store)
    load_rack(Host(store), sorted(find_plugins([bundled_dir("plugins")])), [])
    return store
