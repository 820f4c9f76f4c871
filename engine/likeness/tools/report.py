"""Bug report from a terminal: what a running show says of itself, or the last one left, and what a guard has noted."""

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from likeness.cues.autosave import autosave_file, read_autosave
from likeness.errors import InputError
from likeness.parameters.presets import format_preset
from likeness.tools.guard.state_file import read_state, state_file
from likeness.web.report import ReportParts, add_to_report, make_report

HERE = "127.0.0.1"
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


def gather_report(port: int, log: Path | None = None) -> FoundReport:
    """Return the report of the show whose desk is on `port` of this machine, or of the last one, scrubbed.

    Args:
        port: see above; 0 asks nobody.
        log: of a guard; None takes the one that the last guard was given.

    Raises:
        InputError: there is neither a show nor anything that one left, or `log` cannot be read.
    """
    packed, told = (ask(port, "/report.zip") if port else None), list[str]()
    health = ask(port, "/health") if packed else None
    state, nobody = read_state(), f"no show answers on port {port}" if port else "no show was asked"
    if packed is not None:
        told.append(f"A show plays, with its desk on port {port}.")
    elif autosave_file().is_file():
        packed = _describe_last_show()
        told.append(f"{nobody.capitalize()}; the report is of the last one, as it was saved.")
    elif state is None and log is None:
        raise InputError(
            f"{nobody}, and none has left anything in {autosave_file().parent}; --web-port names another port"
        )
    else:
        packed = _describe_nothing("")
        told.append(f"{nobody.capitalize()}, and none was saved.")
    texts = {}
    if health is not None:
        texts["health.json"] = health.decode("utf-8", "replace")
    if state is not None:
        texts["guard.json"] = json.dumps(state, indent=1, ensure_ascii=False) + "\n"
        told.append(f"A guard has noted what it did in {state_file()}.")
    kept = Path(state["log"]) if log is None and state and state.get("log") else log
    if kept is not None:
        try:
            texts["guard.log"] = read_end(kept)
        except OSError as error:
            # One that was named must be there; one of a guard of long ago need not.
            if log is not None:
                raise InputError(f"--log {kept} cannot be read: {error.strerror}") from error
        else:
            told.append(f"The last lines of {kept} are in it.")
    return FoundReport(add_to_report(packed, texts), told)


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


def _describe_last_show() -> bytes:
    """Return the report of the show that was saved last."""
    saved = read_autosave()
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(autosave_file().stat().st_mtime))
    return _describe_nothing(format_preset(saved[0]) if saved else "", at)


def _describe_nothing(preset: str, at: str = "") -> bytes:
    device = {"device": "no show runs"} | ({"last saved": at} if at else {})
    return make_report(ReportParts(device, preset, (), {}, (), {}))
