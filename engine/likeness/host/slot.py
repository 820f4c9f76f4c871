"""A plugin as the rack holds it: checked, with its hooks and what it declares."""

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import signature
from itertools import islice
from pathlib import Path
from typing import cast

import pluggy
from torch import Tensor

from likeness import hookspecs
from likeness.errors import ParamError, PluginError, nearest
from likeness.host.available_plugins import first_line
from likeness.host.result_check import check_result
from likeness.host.retry import Retry
from likeness.parameters.state import check_unique_names
from likeness.params import Bool, Float, Param

# The first words of OSC addresses that are the show's own: its parameters, commands, questions and answers. A test
# compares them with the commands of a show.
RESERVED = frozenset(
    (
        *("master", "show", "cue", "history", "rack", "preset", "transport", "mod", "midi", "generator"),
        *("status", "health", "subscribe", "unsubscribe", "lock", "unlock", "norm", "error", "desk", "page", "picture"),
    )
)
BYPASS = Bool("bypass", help="Leave this plugin out.")
# An endless iterator would be read to the end of memory, while no other thread runs.
MOST_PARAMS = 1000
BUDGET_MS = Float("budget_ms", 0.0, max=1000.0, unit="ms", help="What it may take of a frame; 0 is half of it.")


@dataclass
class Slot:
    """One plugin in the rack.

    Args:
        name: its owner name in the store and its first part in an OSC address.
        impls: its hook implementations by hook.
        params: what it declares, and what the host adds.
        path: its file, where it is one.
        strikes: failures in a row, counted by the host, which bypasses after many.
        bypassed_by_host: whether the host has bypassed it.
        hung: whether it has been left behind in one of its hooks.
        retry: when it is tried again where the host has bypassed it.
        last_error: what failed last, in a line of words; empty again once its bypass is turned off.
        help: the first line of its docstring.
        cost_ms: running mean of what its chain hooks take in a frame, as seen from the host.
    """

    name: str
    plugin: object
    impls: dict[str, pluggy.HookImpl]
    params: tuple[Param, ...] = ()
    path: Path | None = None
    strikes: int = 0
    bypassed_by_host: bool = False
    hung: bool = False
    last_error: str = ""
    help: str = ""
    cost_ms: float = 0.0
    last_ms: float = field(default=0.0, repr=False)
    spent_ms: float = field(default=0.0, repr=False)
    was_bypassed: bool = field(default=False, repr=False)
    retry: Retry = field(default_factory=Retry, repr=False)

    def check_returned(self, hook: str, result: object, value: Tensor) -> Tensor:
        """Return what a hook returned in place of `value`, checked by `check_result`.

        Raises:
            PluginError: it is something else; with the place of the hook.
        """
        try:
            return check_result(result, value)
        except PluginError as error:
            error.place = find_hook(self.impls[hook].function, self.path)
            raise

    def follow_bypass(self, bypassed: bool) -> None:
        """Begin anew where the bypass has just been turned off. The render thread, in each frame."""
        if self.was_bypassed and not bypassed:
            self.strikes, self.bypassed_by_host, self.hung, self.last_error = 0, False, False, ""
            self.retry.end()
        self.was_bypassed = bypassed


@dataclass(frozen=True)
class RackChange:
    """A rack to play on with; `done` is set once it plays.

    Args:
        rack: the plugins in their order.
        pairs: old and new of each plugin that comes, goes or takes another's place.
        keep_state: whether a new one goes on from the state of the old one.
        then: called on the render thread, before the first frame of it.
    """

    rack: list[Slot]
    pairs: Sequence[tuple[Slot | None, Slot | None]] = ()
    keep_state: bool = True
    then: Callable[[], None] = lambda: None
    done: threading.Event = field(default_factory=threading.Event)


def check_plugin(name: str, plugin: object, path: Path | None = None) -> Slot:
    """Check `plugin` and return it as a slot; nothing is changed by it. Any thread.

    Raises:
        PluginError: where the name is reserved or a hook is misspelt or takes arguments that there are not.
        ParamError: where a parameter is declared twice.
        Exception: whatever its `declare_params` raises.
    """
    if name in RESERVED:
        raise PluginError(
            f"a plugin cannot be called {name!r}: /{name} is an address of the show; rename the plugin's file"
        )
    impls = _implementations(name, plugin, path)
    declare = impls.get("declare_params")
    declared = tuple(islice(cast(Sequence[Param], declare.function()), MOST_PARAMS + 1)) if declare else ()
    declaring = declare.function if declare else None
    if len(declared) > MOST_PARAMS:
        raise _misplaced(f"it declares more than {MOST_PARAMS} parameters", declaring, path)
    params = (*declared, BYPASS, BUDGET_MS)
    odd = [param for param in params if not isinstance(param, Param)]
    if odd:
        raise _misplaced(f"it declares {odd[0]!r}; parameters are Float, Int, Bool, Choice, ...", declaring, path)
    try:
        check_unique_names(name, params)
    except ParamError as error:
        error.place = find_hook(declaring, path)
        raise
    return Slot(name, plugin, impls, params, path, help=_find_help(plugin))


def _find_help(plugin: object) -> str:
    """Return the first line of the docstring of the plugin's module, or of its class."""
    module = sys.modules.get(type(plugin).__module__)
    for docstring in (getattr(module, "__doc__", None), type(plugin).__doc__):
        if isinstance(docstring, str) and docstring.strip():
            return first_line(docstring)
    return ""


def _implementations(name: str, plugin: object, path: Path | None) -> dict[str, pluggy.HookImpl]:
    """Return the hooks of `plugin`, checked by a plugin manager that knows no other."""
    pm = pluggy.PluginManager(hookspecs.PROJECT)
    pm.add_hookspecs(hookspecs)
    _refuse_unknown(plugin, path, pm)
    try:
        pm.register(plugin, name)
        pm.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"plugin {name!r}: {error}") from error
    callers = pm.get_hookcallers(plugin) or []
    impls = {caller.name: caller.get_hookimpls()[0] for caller in callers}
    if not impls:
        raise _misplaced("it has no hook; mark its methods with @hookimpl", _first_method(plugin), path)
    return impls


def _first_method(plugin: object) -> object:
    """Return the method that the plugin's class defines first, if any."""
    return next((each for each in vars(type(plugin)).values() if hasattr(each, "__code__")), None)


def _refuse_unknown(plugin: object, path: Path | None, pm: pluggy.PluginManager) -> None:
    """Refuse a method that is marked as a hook and is none, or takes what that hook does not give; name the nearest."""
    known = [hook for hook in dir(hookspecs) if pm.parse_hookspec_opts(hookspecs, hook)]
    for method in dir(plugin):
        marked = pm.parse_hookimpl_opts(plugin, method)
        if not marked or marked["optionalhook"]:
            continue
        hook, function = marked["specname"] or method, getattr(plugin, method)
        if hook not in known:
            raise _misplaced(f"there is no hook {hook!r}; {nearest(hook, known, 1)}", function, path)
        given = signature(getattr(hookspecs, hook)).parameters
        wanted = [word for word, each in signature(function).parameters.items() if each.default is each.empty]
        odd = next((word for word in wanted if word not in given), None)
        if odd is not None:
            raise _misplaced(f"the hook {hook!r} is given no {odd!r}; {nearest(odd, given)}", function, path)


def find_hook(function: object, path: Path | None) -> tuple[str, int] | None:
    """Return file and line of a plugin's method; None where it is no plugin of a file, or no method of Python's."""
    code = getattr(function, "__code__", None)
    return (str(path), code.co_firstlineno) if path and code else None


def _misplaced(words: str, function: object, path: Path | None) -> PluginError:
    error = PluginError(words)
    error.place = find_hook(function, path)
    return error
