"""Bug report: a zip, made in memory, of what helps to find a fault and tells nothing of anybody."""

import csv
import importlib.metadata
import io
import json
import os
import platform
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import likeness
from likeness.errors import InputError
from likeness.web.scrub import Scrubber

PACKAGES = (
    *("torch", "torchvision", "numpy", "scipy", "safetensors", "openvino", "onnx", "onnxruntime", "triton", "dlib-bin"),
    *("opencv-python-headless", "opencv-python", "av", "pillow", "pygame", "pygame-ce", "sounddevice", "soundfile"),
    *("python-rtmidi", "python-osc", "websockets", "zeroconf", "aalink", "segno", "ifaddr"),
    *("pluggy", "pydantic", "tomlkit", "cyclopts", "rich"),
)
FOLDER = "likeness-report"
README = """This is a bug report of likeness.
It holds versions, the device, the preset, the newest lines of the log, the show's numbers, frame times and the rack.
Where the show is gone, they are what it kept on disk last.
It holds no picture, no face, no sound and no network address; names of the user and of the machine, home folders and
names of picture files were removed. Read it before you send it: what you wrote yourself, such as a preset's title, is
there. Made in a terminal, it also has the show's health and what its guard has noted.
"""


@dataclass(frozen=True)
class ReportParts:
    """What goes into a report, as it is; nothing of it was scrubbed.

    Args:
        device: what draws, by name.
        preset: the show of the moment, as TOML.
        log: its newest lines.
        status: the show's numbers.
        timings: of the last frames: when each began in seconds, and in ms how long it took, and its synthesis.
        rack: as pages get it.
    """

    device: Mapping[str, str]
    preset: str
    log: str
    status: Mapping[str, Any]
    timings: Sequence[tuple[float, float, float]]
    rack: Mapping[str, Any]


def make_report(parts: ReportParts, scrubber: Scrubber | None = None) -> bytes:
    """Return the zip. Any thread; it takes some ms and opens no file.

    Args:
        parts: of the show.
        scrubber: removes what tells who and where somebody is; by default it asks the system for their names.
    """
    scrub = (scrubber or Scrubber()).scrub
    texts = {
        "README.txt": README,
        "versions.txt": scrub(_table(_versions()), addresses=False),
        "device.txt": scrub(_table(parts.device)),
        "preset.toml": scrub(parts.preset),
        "log.txt": scrub(parts.log),
        "status.json": scrub(_json(parts.status)),
        "frames.csv": _csv(parts.timings),
        "rack.json": scrub(_json(parts.rack)),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(f"{FOLDER}/{name}", text)
    return packed.getvalue()


def add_to_report(report: bytes, texts: Mapping[str, str], scrubber: Scrubber | None = None) -> bytes:
    """Return a report's zip with more files in it, by name, scrubbed as the others are. Any thread.

    Raises:
        InputError: it is no zip.
    """
    scrub, packed = (scrubber or Scrubber()).scrub, io.BytesIO(report)
    try:
        with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(f"{FOLDER}/{name}", scrub(text))
    except zipfile.BadZipFile as error:
        raise InputError("what answers on that port is no show of likeness: it sends no report") from error
    return packed.getvalue()


def _versions() -> dict[str, str]:
    found = {
        "likeness": likeness.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _table(values: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in values.items())


def _json(values: Mapping[str, Any]) -> str:
    # Escaped letters would hide a name from the scrubber.
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def _csv(timings: Sequence[tuple[float, float, float]]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("at_s", "frame_ms", "synthesis_ms"))
    rows.writerows((f"{at:.4f}", f"{frame:.3f}", f"{synthesis:.3f}") for at, frame, synthesis in timings)
    return text.getvalue()
