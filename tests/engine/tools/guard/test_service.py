"""What makes a machine start a guard, read back as each system reads it."""

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from likeness.errors import LikenessError
from likeness.tools.guard.service import TASK, Service, find_place, make_service

WORDS = [sys.executable, "-m", "likeness.cli", "guard", "a b.toml", "--set", 'x.y="50% $HOME \\"', "--still", "0"]
ENVIRONMENT = {"DISPLAY": ":7", "LIKENESS_HOME": "/srv/a b", "PATH": "/bin"}


def service(platform: str, folder: Path, *, system: bool = False) -> Service:
    account = "anna" if system else None
    return make_service(find_place(platform, "faces", system=system), WORDS, folder, ENVIRONMENT, account)


def test_a_unit_holds_the_command_as_systemd_reads_it(tmp_path: Path) -> None:
    made = service("linux", tmp_path)
    lines = made.content.decode().splitlines()
    command = next(line for line in lines if line.startswith("ExecStart="))
    assert command.endswith(r'guard "a b.toml" --set "x.y=\"50%% $$HOME \\\"" --still 0')
    assert 'Environment="LIKENESS_HOME=/srv/a b"' in lines
    assert "Environment=DISPLAY=:7" in lines
    assert "PATH" not in made.content.decode()
    assert made.place.path == Path.home() / ".config/systemd/user/faces.service"
    assert made.enable[-1] == "systemctl --user enable --now faces"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed (systemd)")
@pytest.mark.parametrize("system", [False, True])
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path: Path, system: bool) -> None:
    file = tmp_path / "faces.service"
    file.write_bytes(service("linux", tmp_path, system=system).content)
    verified = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert [line for line in verified.stderr.splitlines() if "faces.service" in line] == []
    # It does see what is wrong.
    file.write_text(file.read_text().replace("ExecStart=/", "ExecStart=/no/"))
    verified = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert "faces.service" in verified.stderr


def test_a_unit_of_the_whole_machine_plays_as_somebody_on_the_first_display(tmp_path: Path) -> None:
    place = find_place("linux", "faces", system=True)
    made = make_service(place, WORDS, tmp_path, {}, "anna")
    lines = made.content.decode().splitlines()
    assert {"User=anna", "Environment=DISPLAY=:0", "WantedBy=graphical.target"} <= {*lines}
    # The threads that play and draw may come before other programs.
    assert "LimitNICE=-10" in lines
    assert place.path == Path("/etc/systemd/system/faces.service")


def test_a_launch_agent_is_read_back(tmp_path: Path) -> None:
    made = service("darwin", tmp_path)
    read = plistlib.loads(made.content)
    assert (read["ProgramArguments"], read["WorkingDirectory"]) == (WORDS, str(tmp_path))
    assert (read["Label"], read["KeepAlive"], read["RunAtLoad"]) == ("likeness.faces", True, True)
    assert made.place.path.name == "likeness.faces.plist"
    # Its lines go to a file that does not grow for ever.
    assert made.place.log is not None


def test_a_windows_task_is_read_back(tmp_path: Path) -> None:
    made = service("win32", tmp_path)
    task = ElementTree.fromstring(made.content)
    texts = {element.tag.rpartition("}")[2]: element.text for element in task.iter()}
    assert task.tag == f"{{{TASK}}}Task"
    assert (texts["Command"], texts["ExecutionTimeLimit"]) == (sys.executable, "PT0S")
    assert texts["Arguments"] == r'-m likeness.cli guard "a b.toml" --set "x.y=\"50% $HOME \\\"" --still 0'


@pytest.mark.parametrize("name", ["", "../faces", "a b", "-x", "a" * 65, "é"])
def test_what_is_no_name_of_a_file_is_no_name_of_a_service(name: str) -> None:
    with pytest.raises(LikenessError, match="is no name of a service"):
        find_place("linux", name, system=False)


def test_a_line_break_becomes_no_line_of_a_unit(tmp_path: Path) -> None:
    words = [*WORDS, "a\nExecStartPre=/bin/false"]
    with pytest.raises(LikenessError, match="characters that no service may have"):
        make_service(find_place("linux", "faces", system=False), words, tmp_path, {}, None)
