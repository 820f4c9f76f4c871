"""Bug report from a terminal: what a running show says of itself, or the last one left, and what a guard has noted."""

import http.client
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likeness.cues.autosave import autosave_file, read_autosave
from likeness.errors import InputError
from likeness.parameters.presets import format_preset
from likeness.show import show_log
from likeness.tools.guard.report import ENDED
from likeness.tools.guard.state_file import read_state, state_file
from likeness.web.report import ReportParts, add_to_report, make_report

HERE = "127.0.0.1"
# Of the desk, where nothing says another.
DESK_PORT = 9001
# A show that is busy makes its report in a second; one that hangs makes none.
ANSWER_S = 20.0
# Of a log: some hours of a guard, a night of a show.
MOST_BYTES = 256 * 2**10
# Of a QR code in a terminal: it holds the code of the desk.
BLOCKS = frozenset("█▀▄▌▐")


@dataclass(frozen=True)
class FoundReport:
    """A report.

    Args:
        zip: its bytes.
        told: lines that say what is in it.
    """

    zip: bytes
    told: Sequence[str]


def gather_report(port: int | None = None, log: Path | None = None) -> FoundReport:
    """Return the report of the show whose desk is on `port` of this machine, or of the last one, scrubbed.

    Args:
        port: see above; None asks where the show that was started last has it, and at the usual one; 0 asks nobody.
        log: of a guard; None takes the one that the last guard was given.

    Raises:
        InputError: there is neither a show nor anything that one left, or `log` cannot be read.
    """
    kept, state, kept_log = show_log.read_show_state(), read_state(), show_log.read_show_log()
    found, nobody = _find_desk(port, kept)
    told, texts = list[str](), dict[str, str]()
    if found is not None:
        port, packed = found
        told.append(f"A show plays, with its desk on port {port}.")
        # Of shows before it, too: it may be the one that a guard started in the place of another.
        if kept_log:
            texts["show.log"] = kept_log
        health = ask(port, "/health")
        if health is not None:
            texts["health.json"] = health.decode("utf-8", "replace")
    elif kept or kept_log or autosave_file().is_file():
        packed = _describe_last_show(kept, kept_log)
        told.append(f"{nobody.capitalize()}; {_say_last(kept)}.")
    elif state is None and log is None:
        raise InputError(
            f"{nobody}, and none has left anything in {autosave_file().parent}; --web-port names another port"
        )
    else:
        packed = _describe_last_show({}, "")
        told.append(f"{nobody.capitalize()}, and none was saved.")
    if state is not None:
        if state.get("doing") != ENDED and not _is_there(state.get("pid")):
            # Killed, or without power: it had no time to say so.
            state = {**state, "doing": f"gone while it was {state.get('doing')}"}
        texts["guard.json"] = json.dumps(state, indent=1, ensure_ascii=False) + "\n"
        told.append(f"A guard has noted what it did in {state_file()}.")
    guards = Path(state["log"]) if log is None and state and state.get("log") else log
    if guards is not None:
        try:
            texts["guard.log"] = read_end(guards)
        except OSError as error:
            # One that was named must be there; one of a guard of long ago need not.
            if log is not None:
                raise InputError(f"--log {guards} cannot be read: {error.strerror}") from error
        else:
            told.append(f"The last lines of {guards} are in it.")
    return FoundReport(add_to_report(packed, texts), told)


def _find_desk(port: int | None, kept: Mapping[str, Any]) -> tuple[tuple[int, bytes] | None, str]:
    """Return the port and the report of the show that plays, if one answers, and in words that none does."""
    if port == 0:
        return None, "no show was asked"
    if port is not None:
        packed = ask(port, "/report.zip")
        return (None if packed is None else (port, packed)), f"no show answers on port {port}"
    noted = kept.get("port")
    ports = dict.fromkeys([*([noted] if isinstance(noted, int) and noted > 0 else []), DESK_PORT])
    for each in ports:
        packed = ask(each, "/report.zip")
        # Nobody named this port, and another program may have it by now.
        if packed is not None and zipfile.is_zipfile(io.BytesIO(packed)):
            return (each, packed), ""
    return None, f"no show answers on port {' or '.join(map(str, ports))}"


def ask(port: int, path: str) -> bytes | None:
    """Return what the desk on `port` of this machine answers, whatever its status; None where nobody does."""
    asking = http.client.HTTPConnection(HERE, port, timeout=ANSWER_S)
    try:
        asking.request("GET", path)
        answer = asking.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        asking.close()
    # Another program on that port has no report.
    return content if answer.status in (http.client.OK, http.client.SERVICE_UNAVAILABLE) else None


def read_end(path: Path) -> str:
    """Return the last lines of a log, without QR codes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_BYTES))
        text = file.read(MOST_BYTES).decode("utf-8", "replace")
    return "".join(line for line in text.splitlines(keepends=True) if not BLOCKS & {*line})


def _is_there(pid: Any) -> bool:
    """Return whether there is a process of that number, or whether nobody can say."""
    # On Windows the question would end it.
    if not isinstance(pid, int) or pid <= 0 or sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    # The second: no system has such a number.
    except (ProcessLookupError, OverflowError):
        return False
    # It is somebody else's.
    except PermissionError:
        pass
    return True


def _say_last(kept: Mapping[str, Any]) -> str:
    """Return in words of which show a report is, and of when."""
    if not kept:
        return "the report is of the last one, as it was saved"
    at, process = kept.get("at"), kept.get("pid")
    if show_log.STARTING in kept:
        return f"the one that was started at {at}, process {process}, did not get to play; what was saved is older"
    return f"the report is of the last one, as it was at {at}, process {process}"


def _describe_last_show(kept: Mapping[str, Any], log: str) -> bytes:
    """Return the report of a show that is gone: what it said of itself, its log, and what it saved.

    Args:
        kept: what it said of itself; empty where it said nothing.
        log: of it and those before it.
    """
    saved, device = read_autosave(), {"show": "no show runs"}
    if saved:
        saved_at = time.localtime(autosave_file().stat().st_mtime)
        device["last saved"] = time.strftime("%Y-%m-%d %H:%M:%S", saved_at)
    if kept:
        device |= {"last heard of": str(kept.get("at")), "process": str(kept.get("pid"))}
    if show_log.STARTING in kept:
        device["show"] = f"{kept[show_log.STARTING]} was started and did not get to play"
    device |= {key: str(value) for key, value in _table(kept.get("device")).items()}
    preset = format_preset(saved[0]) if saved else ""
    return make_report(ReportParts(device, preset, log, _table(kept.get("status")), (), _table(kept.get("rack"))))


def _table(value: Any) -> Mapping[str, Any]:
    """Return `value` where it is a table: a file on the disk may hold anything."""
    return value if isinstance(value, dict) else {}
