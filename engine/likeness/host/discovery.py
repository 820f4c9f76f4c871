"""Plugin discovery: files found in folders and imported by path; the engine imports no plugin by name."""

import importlib.util
import sys
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType

from likeness.errors import PluginError, nearest

GROUP = "likeness.plugins"


def find_plugins(folders: Iterable[Path]) -> dict[str, Path]:
    """Return plugin files by name, `name.py` without the ending; a later folder's file replaces an earlier one's."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            found.update({path.stem: path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")})
    return found


def installed_plugins() -> dict[str, str]:
    """Return what installed packages add, by name, with where it comes from."""
    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def load_plugin(name: str, files: dict[str, Path]) -> object:
    """Return a new instance of the plugin `name`: from `files`, else from an installed package's entry point.

    Raises:
        PluginError: where there is no such plugin; naming the nearest.
        Exception: whatever the plugin's own file raises while it is imported.
    """
    if name in files:
        return _import(name, files[name])
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name in installed:
        return installed[name].load()()
    raise PluginError(f"no plugin {name!r}; {nearest(name, [*files, *installed])}")


class _Fresh(SourceFileLoader):
    """Compiles the file as it is now. Python's own cache is dated by the second: a file that is saved twice in one, in
    the same length, would come back old. It also leaves folders of its own beside a user's plugins.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _import(name: str, path: Path) -> object:
    module_name = f"likeness_plugin_{name}"
    spec = importlib.util.spec_from_file_location(module_name, path, loader=_Fresh(module_name, str(path)))
    if spec is None or spec.loader is None or path.suffix != ".py":
        raise PluginError(f"{path} is not a Python file; a plugin is one .py file with a `class Plugin`")
    module = importlib.util.module_from_spec(spec)
    # Registered as imports are, so that dataclasses and pickling inside a plugin find their module.
    before = sys.modules.get(module_name)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        if before is not None:
            # The instance that plays on is of this module.
            sys.modules[module_name] = before
        raise
    plugin = getattr(module, "Plugin", None)
    if not isinstance(plugin, type):
        error = PluginError("there is no `class Plugin`; name the plugin's class so")
        error.place = str(path), 1
        raise error
    return plugin()
