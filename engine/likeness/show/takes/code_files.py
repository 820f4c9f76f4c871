"""Code files: what of the program and of plugins' own modules the pictures of a take depend on."""

import ast
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from likeness.files.paths import PACKAGE

# Where packages are installed: those count by the versions that a machine has, not by their files.
_INSTALLED = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib", "stdlib"))


def engine_files() -> dict[str, Path]:
    """Return the program's own files, by their path in it, without the folder of plugins that a wheel has."""
    found = {path.relative_to(PACKAGE): path for path in PACKAGE.rglob("*.py")}
    return {f"likeness/{name.as_posix()}": path for name, path in found.items() if name.parts[0] != "_plugins"}


def imported_files(paths: Iterable[Path]) -> dict[str, Path]:
    """Return the files of the modules that these files import, and that those import in turn, by the modules' names.

    Modules of the program, of Python and of installed packages are not among them. Nothing is imported for it; what is
    imported in another way than by `import` is not found.
    """
    found: dict[str, Path] = {}
    waiting = [(path, "") for path in paths]
    while waiting:
        path, package = waiting.pop()
        for name in _imported(path, package):
            for module, file in _find_files(name):
                if module not in found:
                    found[module] = file
                    waiting.append((file, module if file.stem == "__init__" else module.rpartition(".")[0]))
    return found


def _imported(path: Path, package: str) -> set[str]:
    """Return the names of the modules that a file of `package` imports, and of what may be one."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    known = {"", "likeness", *sys.stdlib_module_names}
    return {name for name in names if name.partition(".")[0] not in known}


def _find_files(name: str) -> Iterator[tuple[str, Path]]:
    """Yield the modules along a dotted name with their files, as far as there are any, unless they are installed."""
    first, *others = name.split(".")
    try:
        spec = find_spec(first)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    places = folders or ([Path(spec.origin)] if spec.origin else [])
    if any(place.resolve().is_relative_to(installed) for place in places for installed in _INSTALLED):
        return
    if spec.origin and spec.origin.endswith(".py"):
        yield first, Path(spec.origin)
    module = first
    for part in others:
        module = f"{module}.{part}"
        files = [file for each in folders for file in (each / part / "__init__.py", each / f"{part}.py")]
        file = next((file for file in files if file.is_file()), None)
        folders = [each / part for each in folders if (each / part).is_dir()]
        if file is not None:
            yield module, file
        elif not folders:
            return
