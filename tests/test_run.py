"""The set-up script: installs once, with constraints, by uv and else by pip."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


class Machine:
    """Answers the commands that the script runs, and keeps them."""

    def __init__(self, uv_works: bool = True, settings: str = "/some/wheels /more/wheels") -> None:
        self.uv_works, self.settings = uv_works, settings
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []

    def run(self, command: Sequence[str], **options: Any) -> SimpleNamespace:
        self.commands.append(list(command))
        self.environments.append(options.get("env", {}))
        if "config" in command:
            setting = self.settings if command[-1] == "global.find-links" else ""
            return SimpleNamespace(returncode=0 if setting else 1, stdout=setting + "\n")
        if "-c" in command and "version_info" in command[-1]:
            return SimpleNamespace(returncode=0, stdout=f"{sys.version_info[:2]}\n")
        failed = not self.uv_works and "uv" in command and "-c" in command
        return SimpleNamespace(returncode=1 if failed else 0, stdout="")

    def installs(self) -> list[list[str]]:
        return [command for command in self.commands if "-e" in command]


@pytest.fixture
def script(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_script", root / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "installed.txt")
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")) or name == "SSL_CERT_FILE":
            monkeypatch.delenv(name)
    return module


def machine(
    monkeypatch: pytest.MonkeyPatch, uv_works: bool = True, settings: str = "/some/wheels /more/wheels"
) -> Machine:
    made = Machine(uv_works, settings)
    monkeypatch.setattr(subprocess, "run", made.run)
    return made


def environment_of_uv(made: Machine) -> dict[str, str]:
    return next(env for command, env in zip(made.commands, made.environments, strict=True) if "-e" in command)


def test_it_installs_with_constraints_and_only_when_something_changed(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs = machine(monkeypatch).installs
    script.install([])
    script.install([])
    assert [command[2:] for command in installs()] == [
        ["uv", "pip", "install", "--python", script.python(), "-c", "constraints.txt", "-e", "."]
    ]
    script.install(["dev"])
    script.install([])
    assert [command[-1] for command in installs()] == [".", ".[dev]"]
    (tmp_path / "constraints.txt").write_text("torch==9")
    script.install([])
    assert len(installs()) == 3


def test_uv_takes_what_pip_is_configured_with(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made = machine(monkeypatch)
    script.install([])
    environment = environment_of_uv(made)
    assert environment["UV_FIND_LINKS"] == "/some/wheels,/more/wheels"
    assert "UV_TORCH_BACKEND" not in environment


@pytest.mark.parametrize(
    ("configured", "backend"),
    [
        ({}, "auto"),
        ({"UV_TORCH_BACKEND": "cpu"}, "cpu"),
        ({"UV_INDEX": "https://example.org/simple"}, None),
        ({"PIP_INDEX_URL": "https://example.org/simple"}, None),
        ({"PIP_EXTRA_INDEX_URL": "https://example.org/simple"}, None),
    ],
)
def test_torch_is_taken_for_the_graphics_card_unless_an_index_is_configured(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, configured: dict[str, str], backend: str | None
) -> None:
    for name, value in configured.items():
        monkeypatch.setenv(name, value)
    made = machine(monkeypatch, settings="")
    script.install([])
    assert environment_of_uv(made).get("UV_TORCH_BACKEND") == backend


def test_where_uv_fails_pip_does_it(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made = machine(monkeypatch, uv_works=False)
    script.install([])
    assert made.installs()[-1][1:] == ["-m", "pip", "install", "-c", "constraints.txt", "-e", "."]


@pytest.mark.parametrize(("fails", "status"), [("once", 0), ("always", 1)])
def test_a_test_that_fails_beside_others_alone_decides_alone(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fails: str,
    status: int,
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tmp_path / "test_it.py").write_text(
        "from pathlib import Path\nimport pytest\n"
        "@pytest.mark.xdist_group('alone')\n@pytest.mark.parametrize('how', ['a@b'])\n"
        f"def test_it(how):\n    before, fails = Path('before').exists(), {fails!r}\n    Path('before').touch()\n"
        "    assert before and fails == 'once'\n"
    )
    monkeypatch.setattr(
        script, "FAILED_TESTS", tmp_path / script.FAILED_TESTS.relative_to(script.FAILED_TESTS.parents[3])
    )
    monkeypatch.setattr(script, "install", lambda extras: None)
    monkeypatch.setattr(script, "python", lambda: sys.executable)
    name, command = script.CHECKS[-1]
    assert name == "tests"
    monkeypatch.setattr(script, "CHECKS", [(name, command)])
    assert script.test([]) == status
    said = capfd.readouterr().out
    assert ("passed alone:\ntest_it.py::test_it[a@b]" in said) == (status == 0)
    assert ("failed: tests" in said) == (status == 1)


def test_without_arguments_it_says_what_it_can_do(root: Path) -> None:
    done = subprocess.run([sys.executable, str(root / "run.py")], capture_output=True, text=True)
    assert done.returncode == 0
    assert "run.py demo" in done.stdout


def test_it_uses_the_standard_library_alone(root: Path) -> None:
    imported = {
        line.split()[1].partition(".")[0]
        for line in (root / "run.py").read_text().splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= set(sys.stdlib_module_names)
