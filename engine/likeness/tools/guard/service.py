"""Files that make a machine start a guard by itself: a systemd unit, a launchd agent, a Windows task."""

import plistlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from likeness.errors import LikenessError
from likeness.files.paths import HOME_VARIABLE
from likeness.toolkit.priority import RAISED

UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
# Where the desktop is, and the user's folder: what a service does not inherit from the shell that installs it.
VARIABLES = ("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", HOME_VARIABLE)
# What has no monitor of its own asks for the first one.
FIRST_DISPLAY = ":0"
# The guard ends a show within 10 s, and its spare and its picture within 4.
ENDED_S, AGAIN_S = 20, 5
SYSTEMD = Path("/etc/systemd/system")
TASK = "http://schemas.microsoft.com/windows/2004/02/mit/task"


@dataclass(frozen=True)
class Place:
    """Where a system keeps what it starts.

    Args:
        kind: of system.
        name: of the service.
        path: of its file.
        disable: commands that switch it off.
        system: whether it is the whole machine's.
        log: where its lines go; None where the system keeps them.
    """

    kind: str
    name: str
    path: Path
    disable: tuple[str, ...]
    system: bool = False
    log: Path | None = None


@dataclass(frozen=True)
class Service:
    """A file that makes a machine start something.

    Args:
        place: where it belongs.
        content: of the file.
        enable: commands that switch it on.
        read: commands that show what it says.
    """

    place: Place
    content: bytes
    enable: tuple[str, ...]
    read: tuple[str, ...]


def check_name(name: str) -> None:
    """Refuse what is no name of a service: it becomes a file's.

    Raises:
        LikenessError: saying what is one.
    """
    if not NAME.fullmatch(name):
        raise LikenessError(f"--name {name!r:.80} is no name of a service; use letters, digits, - and _")


def find_place(platform: str, name: str, *, system: bool) -> Place:
    """Return where the service called `name` belongs on a platform as `sys.platform` names it.

    Raises:
        LikenessError: for a name that is none, and for the whole machine without systemd.
    """
    check_name(name)
    home = Path.home()
    if system and not platform.startswith("linux"):
        raise LikenessError("--system is for Linux with systemd; leave it out, and it begins when you log in")
    if platform == "darwin":
        label = f"likeness.{name}"
        log = home / "Library" / "Logs" / "likeness" / f"{name}.log"
        path = home / "Library" / "LaunchAgents" / f"{label}.plist"
        return Place("launchd", label, path, (f"launchctl bootout gui/$(id -u)/{label}",), log=log)
    if platform == "win32":
        folder = home / "AppData" / "Local" / "likeness"
        disable = (f"schtasks /End /TN {name}", f"schtasks /Delete /TN {name} /F")
        return Place("task", name, folder / f"{name}.xml", disable, log=folder / f"{name}.log")
    folder = SYSTEMD if system else home / ".config" / "systemd" / "user"
    control = "sudo systemctl" if system else "systemctl --user"
    disable = (f"{control} disable --now {name}", f"{control} daemon-reload")
    return Place("systemd", name, folder / f"{name}.service", disable, system)


def make_service(
    place: Place, words: Sequence[str], folder: Path, environment: Mapping[str, str], account: str | None
) -> Service:
    """Return the file that makes the system of `place` run a command.

    Args:
        place: of `find_place`.
        words: the command, its program with the whole path.
        folder: in which it runs, for options that name files.
        environment: of which it keeps where the desktop is.
        account: whose it is on the whole machine.

    Raises:
        LikenessError: for a text that no such file may hold.
    """
    kept = {name: environment[name] for name in VARIABLES if environment.get(name)}
    for text in (*words, str(folder), *kept.values(), account or ""):
        # A line break would begin another setting, and bytes that are no text have no place in any of these files.
        if UNFIT.search(text):
            raise LikenessError(f"{text!r:.100} has characters that no service may have")
    if place.kind == "launchd":
        agent = f'launchctl bootstrap gui/$(id -u) "{place.path}"'
        return Service(place, _launchd(place, words, folder, kept), (agent,), (f'tail -F "{place.log}"',))
    if place.kind == "task":
        task = (f'schtasks /Create /TN {place.name} /XML "{place.path}"', f"schtasks /Run /TN {place.name}")
        return Service(place, _task(words, folder), task, (f'type "{place.log}"',))
    control, journal = ("sudo systemctl", "journalctl") if place.system else ("systemctl --user", "journalctl --user")
    enable = (f"{control} daemon-reload", f"{control} enable --now {place.name}")
    return Service(place, _systemd(place, words, folder, kept, account), enable, (f"{journal} -u {place.name} -f",))


def _systemd(
    place: Place, words: Sequence[str], folder: Path, environment: Mapping[str, str], account: str | None
) -> bytes:
    target = "graphical.target" if place.system else "graphical-session.target"
    if place.system:
        environment = {"DISPLAY": FIRST_DISPLAY, **environment}
    lines = [
        "# Written by `likeness guard install`.",
        "[Unit]",
        "Description=likeness, which plays generative faces",
        f"After={target}",
        # Tried for ever: nobody is there who would reset a counter.
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        *([f"User={_percent(account)}"] if account else []),
        f"WorkingDirectory={_percent(str(folder))}",
        # So that the threads that play and draw may come before other programs; who plays for himself needs limits.d.
        *([f"LimitNICE={RAISED}"] if place.system else []),
        *(f"Environment={_quote(f'{name}={value}')}" for name, value in environment.items()),
        f"ExecStart={' '.join(_quote(word, command=True) for word in words)}",
        "Restart=always",
        f"RestartSec={AGAIN_S}",
        # The guard ends the show itself, which finishes its files.
        "KillMode=mixed",
        f"TimeoutStopSec={ENDED_S}",
        # A show that the system killed for want of memory is started again by the guard, and not the guard by it.
        "OOMPolicy=continue",
        "",
        "[Install]",
        f"WantedBy={target}",
        "",
    ]
    return "\n".join(lines).encode()


def _quote(word: str, *, command: bool = False) -> str:
    """Return a word as systemd reads it back [systemd.syntax(7), systemd.service(5)]."""
    escaped = _percent(word).replace("\\", "\\\\").replace('"', '\\"')
    # A variable is replaced in commands alone.
    escaped = escaped.replace("$", "$$") if command else escaped
    return escaped if re.fullmatch(r"[\w./:=@%+,-]+", escaped, re.ASCII) else f'"{escaped}"'


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _launchd(place: Place, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> bytes:
    said = {
        "Label": place.name,
        "ProgramArguments": list(words),
        "WorkingDirectory": str(folder),
        "EnvironmentVariables": dict(environment),
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": AGAIN_S,
        "ExitTimeOut": ENDED_S,
        # Otherwise the system slows down what has no window of its own.
        "ProcessType": "Interactive",
    }
    return plistlib.dumps(said)


def _task(words: Sequence[str], folder: Path) -> bytes:
    task = ElementTree.Element("Task", version="1.2", xmlns=TASK)
    triggers = ElementTree.SubElement(ElementTree.SubElement(task, "Triggers"), "LogonTrigger")
    ElementTree.SubElement(triggers, "Enabled").text = "true"
    settings = ElementTree.SubElement(task, "Settings")
    for name, text in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"),
        # For ever.
        ("ExecutionTimeLimit", "PT0S"),
        # Above what runs in the background, below the system's own.
        ("Priority", "4"),
    ):
        ElementTree.SubElement(settings, name).text = text
    restart = ElementTree.SubElement(settings, "RestartOnFailure")
    # A minute is the shortest that is taken.
    ElementTree.SubElement(restart, "Interval").text = "PT1M"
    ElementTree.SubElement(restart, "Count").text = "999"
    run = ElementTree.SubElement(ElementTree.SubElement(task, "Actions", Context="Author"), "Exec")
    ElementTree.SubElement(run, "Command").text = words[0]
    ElementTree.SubElement(run, "Arguments").text = subprocess.list2cmdline(words[1:])
    ElementTree.SubElement(run, "WorkingDirectory").text = str(folder)
    text = ElementTree.tostring(task, encoding="unicode", xml_declaration=False)
    # What schtasks reads.
    return f'<?xml version="1.0" encoding="UTF-16"?>\n{text}\n'.encode("utf-16")
