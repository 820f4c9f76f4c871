"""`likeness guard install` and `uninstall`."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.guard.options import DEFAULTS, GuardOptions, check, format_options
from likeness.errors import LikenessError
from likeness.options import PresetName
from likeness.tools.guard.service import Place, Service, check_name, find_place, make_service

ServiceName = Annotated[str, Parameter(help="Of the service; another one for each show on this machine.")]
System = Annotated[
    bool, Parameter(negative="", help="For the whole machine instead of for you: systemd alone, and it takes sudo.")
]


def install(
    preset: PresetName = "demo",
    *options: Annotated[str, Parameter(allow_leading_hyphen=True)],
    name: ServiceName = "likeness",
    system: System = False,
    account: str | None = None,
    chosen: GuardOptions = DEFAULTS,
) -> None:
    """Write what makes this machine start the guard by itself: a systemd unit, a launchd agent or a Windows task.

    Nothing is started or switched on: the commands that do are printed.

    Parameters
    ----------
    options
        Those of `likeness play`, such as --size 1920x1080 --display 1.
    account
        With --system, whose desktop it plays on; without it, who calls sudo.
    """
    check(preset, options, chosen)
    place = find_place(sys.platform, name, system=system)
    words = [sys.executable, "-m", "likeness.cli", "guard", _whole(preset), *options, *format_options(chosen)]
    if chosen.log is None and place.log is not None:
        words += ["--log", str(place.log)]
    service = make_service(place, words, Path.cwd(), os.environ, _find_account(account) if system else None)
    _write(service)
    print(f"Written: {place.path}")
    _print("Switch it on:", service.enable)
    _print("Read what it says:", service.read)


def uninstall(*, name: ServiceName = "likeness", system: System = False) -> None:
    """Remove what `install` wrote, and print the commands that switch it off."""
    check_name(name)
    place = find_place(sys.platform, name, system=system)
    try:
        if not _is_ours(place.path):
            raise LikenessError(f"{place.path} was not written by `likeness guard install`; remove it yourself")
        place.path.unlink()
    except FileNotFoundError:
        raise LikenessError(f"there is no {place.path}; --name and --system say which service is meant") from None
    except PermissionError as error:
        raise LikenessError(f"{place.path} cannot be removed: {error.strerror}; {_hint(place)}") from error
    print(f"Removed: {place.path}")
    _print("Switch it off:", place.disable)


def _whole(preset: str) -> str:
    """Return a preset's name, or the whole path of its file."""
    return str(Path(preset).absolute()) if preset.lower().endswith(".toml") else preset


def _find_account(account: str | None) -> str:
    found = account or os.environ.get("SUDO_USER") or ""
    if not found or found == "root":
        raise LikenessError("with --system, say whose desktop it plays on: --account NAME; no show should play as root")
    return found


def _write(service: Service) -> None:
    path = service.place.path
    try:
        if path.exists() and not _is_ours(path):
            raise LikenessError(f"{path} is there and was not written by this command; choose another --name")
        path.parent.mkdir(parents=True, exist_ok=True)
        # A link would be followed to the file of somebody else.
        path.unlink(missing_ok=True)
        path.write_bytes(service.content)
    except PermissionError as error:
        raise LikenessError(f"{path} cannot be written: {error.strerror}; {_hint(service.place)}") from error


def _is_ours(path: Path) -> bool:
    content = path.read_bytes()
    return b"likeness.cli" in content or "likeness.cli".encode("utf-16-le") in content


def _hint(place: Place) -> str:
    return "call it with sudo" if place.system else "it belongs to somebody else"


def _print(head: str, commands: tuple[str, ...]) -> None:
    print("\n".join([head, *(f"  {command}" for command in commands)]))
