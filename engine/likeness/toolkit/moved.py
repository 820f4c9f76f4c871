"""Old import paths of what plugins use: they work for one more version, and say where the thing is now.

A plugin file that was written for 0.1.0 goes on to play: `from likeness.errand import Errand` imports a subclass of
`likeness.toolkit.background_loader.BackgroundLoader` that has the old methods too, and warns once for each import.
Another name that moves gets a line in `MOVED`; to end the support, delete this file and its call in `likeness`.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Renamed:
    """A class or function under its new name.

    Args:
        name: the new name.
        members: old names of its methods and properties, each with the new one.
    """

    name: str
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """Where a module's contents are now; a name that is not among `names` has kept its own.

    Args:
        module: the new module.
        names: old names, each with the new one.
    """

    module: str
    names: Mapping[str, Renamed] = field(default_factory=dict)


MOVED: Mapping[str, Moved] = {
    "likeness.crossfade": Moved(
        "likeness.toolkit.crossfade",
        {"Crossfade": Renamed("Crossfade", {"leave": "start", "toward": "step", "under_way": "active"})},
    ),
    "likeness.errand": Moved(
        "likeness.toolkit.background_loader", {"Errand": Renamed("BackgroundLoader", {"take": "poll"})}
    ),
    "likeness.fault_log": Moved("likeness.errors.fault_log"),
    "likeness.face_list": Moved("likeness.toolkit.face_list"),
    "likeness.latent_file": Moved("likeness.toolkit.latent_file"),
    "likeness.places": Moved(
        "likeness.files.paths",
        {"own": Renamed("user_dir"), "bundled": Renamed("bundled_dir"), "folders": Renamed("search_dirs")},
    ),
    "likeness.companion": Moved(
        "likeness.toolkit.worker_process",
        {
            "Companion": Renamed("WorkerProcess", {"say": "send"}),
            "leave_signals_to_the_show": Renamed("ignore_interrupts"),
            "stand_back": Renamed("lower_priority"),
        },
    ),
}


class _OldPaths(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of `MOVED` after Python has found none of their names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return types.ModuleType(spec.name, f"Moved to {MOVED[spec.name].module}.")

    def exec_module(self, module: types.ModuleType) -> None:
        name, moved = module.__name__, MOVED[module.__name__]
        warnings.warn(
            f"{name} is {moved.module} now; the old name goes with the next version", FutureWarning, stacklevel=2
        )
        new = importlib.import_module(moved.module)
        public = {key: value for key, value in vars(new).items() if not key.startswith("__")}
        module.__dict__.update(public, **{old: _alias(new, old, entry) for old, entry in moved.names.items()})


def _alias(module: types.ModuleType, old: str, entry: Renamed) -> object:
    """Return the renamed thing, with the old names of its members where it has some."""
    thing = getattr(module, entry.name)
    if not entry.members:
        return thing
    return type(old, (thing,), {before: getattr(thing, now) for before, now in entry.members.items()})


def support_old_paths() -> None:
    """Let old import paths be found, from now on; a second call does nothing."""
    if not any(isinstance(finder, _OldPaths) for finder in sys.meta_path):
        sys.meta_path.append(_OldPaths())
