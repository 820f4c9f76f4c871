"""The report from a terminal: of a show that plays, of the last one, of a guard; nothing secret is in it."""

import io
import json
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from likeness.cli import main
from likeness.tools import report as report_tool
from likeness.tools.guard.report import GuardReport
from likeness.tools.guard.state_file import GuardState, read_state, state_file
from likeness.web.qr import qr_text
from likeness.web.report import ReportParts, make_report

LINK = "http://192.168.7.20:9001/?code=x7-pairing"


class Desk(BaseHTTPRequestHandler):
    """Answers as the desk of a show does."""

    def do_GET(self) -> None:
        """Answer."""
        known = {
            "/report.zip": make_report(ReportParts({"device": "cpu"}, "", "", {"fps": 25.0}, (), {})),
            "/health": b'{"state": "ok", "reasons": []}',
        }
        content = known.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Return the port of a show's desk."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def run(file: Path, *words: str) -> tuple[int, dict[str, str]]:
    """Return the status of `likeness report`, and the texts of what it wrote."""
    with pytest.raises(SystemExit) as ended:
        main(["report", "-o", str(file), *words])
    if not file.exists():
        return int(ended.value.code or 0), {}
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        assert archive.testzip() is None
        return int(ended.value.code or 0), {
            name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()
        }


def test_what_plays_and_what_its_guard_noted_are_in_one_report_without_addresses_and_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    log = tmp_path / "guard.log"
    log.write_text(f"The desk is at {LINK}\n{qr_text(LINK)}\nERROR: show: it ended with status -9; try 1 of 3\n")
    report = GuardReport()
    report.keep = GuardState("installation", log).note
    report.note("playing", "show")
    report.note_death(f"no new picture for 10 s from {LINK}")
    status, texts = run(tmp_path / "out" / "a.zip", "--web-port", str(port))
    assert status == 0
    assert json.loads(texts["status.json"]) == {"fps": 25.0}
    assert json.loads(texts["health.json"])["state"] == "ok"
    guard = json.loads(texts["guard.json"])
    assert (guard["preset"], guard["doing"], guard["plays"]) == ("installation", "playing", "show")
    assert [why for _, why in guard["deaths"]] == ["no new picture for 10 s from http://[address]"]
    assert "it ended with status -9" in texts["guard.log"]
    assert "likeness: " in texts["versions.txt"]
    every = "".join(texts.values())
    assert not [secret for secret in ("x7-pairing", "192.168.7.20", *"█▀▄") if secret in every]
    said = capsys.readouterr().out
    assert f"A show plays, with its desk on port {port}." in said
    assert "The report is in" in said


def test_where_nothing_plays_the_last_state_is_reported_and_where_there_is_none_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    status, texts = run(tmp_path / "a.zip", "--web-port", "0")
    assert (status, texts) == (2, {})
    assert "no show was asked, and none has left anything" in capsys.readouterr().err
    GuardState("installation", None).note("dark", "show")
    status, texts = run(tmp_path / "a.zip", "--web-port", "0")
    assert status == 0
    assert json.loads(texts["guard.json"])["doing"] == "dark"
    assert "no show runs" in texts["device.txt"]
    # What was written is not replaced, and what is no zip is refused before anything is asked.
    assert run(tmp_path / "a.txt", "--web-port", "0") == (2, {})
    status, _ = run(tmp_path / "b.zip", "--web-port", "0", "--log", str(tmp_path / "none.log"))
    assert status == 2
    assert "none.log cannot be read" in capsys.readouterr().err


def test_a_show_that_is_gone_has_left_its_log_its_rack_and_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "autosave"
    folder.mkdir(parents=True)
    (folder / "show.log.1").write_text("an hour ago\n")
    (folder / "show.log").write_text("ERROR: walk.update failed: no face\n")
    state = {"pid": 7, "at": "2026-11-30 03:00:00", "port": free_port(), "device": {"generator": "composite, 256 px"}}
    said = {"status": {"fps": 25.0}, "rack": {"plugins": [{"name": "walk"}]}}
    (folder / "show.json").write_text(json.dumps({**state, **said}))
    status, texts = run(tmp_path / "a.zip", "--web-port", "0")
    assert status == 0
    assert texts["log.txt"] == "an hour ago\nERROR: walk.update failed: no face\n"
    assert json.loads(texts["status.json"]) == {"fps": 25.0}
    assert json.loads(texts["rack.json"])["plugins"] == [{"name": "walk"}]
    assert "generator: composite, 256 px" in texts["device.txt"]
    assert "last heard of: 2026-11-30 03:00:00" in texts["device.txt"]
    assert "the report is of the last one, as it was at 2026-11-30 03:00:00, process 7" in capsys.readouterr().out
    # One that was killed before it played.
    (folder / "show.json").write_text(json.dumps({"pid": 8, "at": "2026-11-30 04:00:00", "starting": "demo"}))
    status, texts = run(tmp_path / "c.zip", "--web-port", "0")
    assert "show: demo was started and did not get to play" in texts["device.txt"]
    assert "started at 2026-11-30 04:00:00, process 8, did not get to play" in capsys.readouterr().out
    # What cannot be written is refused before anything is asked.
    assert run(folder / "show.json" / "d.zip", "--web-port", "0") == (2, {})
    assert "show.json is no folder" in capsys.readouterr().err
    # Whatever lies there instead of it, there is a report.
    (folder / "show.json").write_text('{"device": [], "status": 1, "port": "x"}')
    assert run(tmp_path / "b.zip", "--web-port", "0")[0] == 0


def test_a_desk_on_another_port_is_found_and_the_log_of_shows_before_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(report_tool, "DESK_PORT", free_port())
    folder = tmp_path / "home" / "autosave"
    folder.mkdir(parents=True)
    (folder / "show.json").write_text(json.dumps({"port": port}))
    (folder / "show.log").write_text("it hung\n")
    status, texts = run(tmp_path / "a.zip")
    assert status == 0
    assert json.loads(texts["status.json"]) == {"fps": 25.0}
    assert texts["show.log"] == "it hung\n"
    assert f"with its desk on port {port}." in capsys.readouterr().out
    # Another program that answers there is no show.
    monkeypatch.setattr(report_tool, "ask", lambda port, path: b"<html>")
    status, texts = run(tmp_path / "b.zip")
    assert status == 0
    assert texts["log.txt"] == "it hung\n"


@pytest.mark.skipif(sys.platform == "win32", reason="to ask whether a process is there would end it")
def test_a_guard_that_was_killed_is_said_to_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    state = {"preset": "night", "doing": "playing", "pid": gone.pid, "deaths": []}
    state_file().parent.mkdir(parents=True)
    state_file().write_text(json.dumps(state))
    _, texts = run(tmp_path / "a.zip", "--web-port", "0")
    assert json.loads(texts["guard.json"])["doing"] == "gone while it was playing"
    state_file().write_text(json.dumps({**state, "doing": "ended"}))
    _, texts = run(tmp_path / "b.zip", "--web-port", "0")
    assert json.loads(texts["guard.json"])["doing"] == "ended"


def test_a_guards_state_that_is_broken_or_cannot_be_written_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("LIKENESS_HOME", str(home))
    assert read_state() is None
    home.write_text("a file, and no folder")
    GuardState("demo", None).note("playing", "show")
    assert read_state() is None
    home.unlink()
    GuardState("demo", None).note("playing", "show", "it hangs")
    state = read_state()
    assert state is not None
    assert state["deaths"][0][1] == "it hangs"
    (home / "autosave" / "guard.json").write_text("[1")
    assert read_state() is None
