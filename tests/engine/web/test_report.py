"""A bug report: what helps is in it, and what tells who and where somebody is was planted and is not."""

import csv
import io
import json
import tomllib
import zipfile
from pathlib import Path

import pytest

from likeness.web.log_lines import format_lines
from likeness.web.report import ReportParts, make_report
from likeness.web.scrub import Scrubber

SCRUBBER = Scrubber(users=["anna", "Jürgen Groß"], hosts=["studio-mac.fritz.box", "studio-mac"], home=Path("/srv/anna"))
# Each of these must not be in any part of a report, in any case.
SECRETS = [
    "anna",
    "jürgen",
    "groß",
    "studio-mac",
    "192.168.178.20",
    "10.0.0.7",
    "fe80::1c2d:3e4f",
    "2001:db8::17",
    "a4:83:e7:12:34:56",
    "hunter2",
    "geheim",
    "admin",
    "camera-foyer",
    "/srv/",
    "berta",
    "grandmother",
    "x7-pairing",
]
PLANTED = [
    "no picture from rtsp://admin:hunter2@192.168.178.20:554/foyer?user=admin&password=geheim; trying again",
    "the desk is at http://10.0.0.7:9001/?code=x7-pairing and on camera-foyer.local",
    "saved /srv/anna/.likeness/presets/mine.toml",
    "weights C:\\Users\\berta\\weights.safetensors and /Users/berta/b.safetensors and /home/berta/c",
    "OSC from 192.168.178.20:9000, 10.0.0.7 and [fe80::1c2d:3e4f%en0] or 2001:db8::17, card a4:83:e7:12:34:56",
    "the camera of Anna's phone on STUDIO-MAC.fritz.box, says ANNA_phone and Jürgen Groß",
    "no face is found in /media/usb/my grandmother.jpg; take one from the front",
    "mail anna@example.org",
    "ftp login admin:hunter2@10.0.0.7",
]


@pytest.fixture
def report() -> dict[str, str]:
    text = "\n".join(PLANTED)
    parts = ReportParts(
        device={"device": "cuda:0", "card": "of anna on 10.0.0.7"},
        preset='title = "Anna\'s show"\n\n[lookalike]\nphoto = "/srv/anna/grandmother.jpg"\nattack = 1.5\n',
        log=format_lines([(1.7e9, "warning", line) for line in PLANTED]),
        status={
            "fps": 59.94,
            "inputs": {"camera": {"source": "rtsp://admin:hunter2@192.168.178.20/"}, "MIDI": {"ports": "Jürgen Groß"}},
            "outputs": [{"name": "/srv/anna/night of grandmother.png"}],
        },
        timings=[(0.0, 16.7, 12.25), (1 / 60, 17.0, 12.5)],
        rack={"plugins": [{"name": "sharpen", "cost_ms": 0.25, "error": text}]},
    )
    with zipfile.ZipFile(io.BytesIO(make_report(parts, SCRUBBER))) as archive:
        return {Path(name).name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_of_anybody_is_in_it(report: dict[str, str], secret: str) -> None:
    assert [name for name, text in report.items() if secret in text.lower()] == []


def test_what_helps_is_in_it_and_can_be_read(report: dict[str, str]) -> None:
    assert {"versions.txt", "device.txt", "preset.toml", "log.txt", "status.json", "frames.csv", "rack.json"} < set(
        report
    )
    assert tomllib.loads(report["preset.toml"])["lookalike"] == {"photo": "[picture]", "attack": 1.5}
    assert json.loads(report["status.json"])["fps"] == 59.94
    assert json.loads(report["rack.json"])["plugins"][0]["cost_ms"] == 0.25
    header, *rows = csv.reader(io.StringIO(report["frames.csv"]))
    assert header == ["at_s", "frame_ms", "synthesis_ms"]
    assert rows == [["0.0000", "16.700", "12.250"], ["0.0167", "17.000", "12.500"]]
    assert "saved ~/.likeness/presets/mine.toml" in report["log.txt"]
    assert "no picture from rtsp://[address] trying again" in report["log.txt"]
    assert "no face is found in [picture]; take one from the front" in report["log.txt"]
    assert "weights ~\\weights.safetensors and ~/b.safetensors and ~" in report["log.txt"]
    assert "OSC from [address]:9000, [address] and [[address]] or [address], card [address]" in report["log.txt"]


def test_versions_of_four_numbers_are_no_addresses(report: dict[str, str]) -> None:
    versions = dict(line.split(": ", 1) for line in report["versions.txt"].splitlines())
    assert {"likeness", "python", "system", "torch", "websockets"} <= versions.keys()
    assert SCRUBBER.scrub("opencv 4.10.0.84", addresses=False) == "opencv 4.10.0.84"


@pytest.mark.parametrize(
    "text",
    [
        "12:34:56 info: random_walk is reloaded (line 4)",
        "17.25 ms of 33.40 in a frame, 1.5:2",
        "annapurna and savannah are no users",
        "std::bad_alloc in likeness.show.loop",
        '{"fps": 59.94, "at": "a:b"}',
        "a fade of 00-11 and 2026-11-29",
    ],
)
def test_what_tells_nothing_stays(text: str) -> None:
    assert SCRUBBER.scrub(text) == text


def test_the_systems_own_names_are_removed_without_being_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "berta")
    monkeypatch.setattr("platform.node", lambda: "foyer-pc.example")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    told = Scrubber().scrub(f"{tmp_path}/x of berta on foyer-pc and foyer-pc.example")
    assert told == "~/x of [user] on [host] and [host]"


def test_a_user_without_a_name_or_a_home_has_a_report_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: object) -> None:
        raise KeyError("no such user")

    def homeless() -> None:
        raise RuntimeError("no home")

    for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr(Path, "home", homeless)
    assert Scrubber(hosts=[]).scrub("a line of /tmp/x") == "a line of /tmp/x"
