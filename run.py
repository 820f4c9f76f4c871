#!/usr/bin/env python3
"""Set up and start, with nothing but Python 3.11 to 3.13: `python3 run.py demo` or `python3 run.py test`.

`python3 run.py COMMAND ...` passes anything else on to `likeness`, as in `python3 run.py play installation`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
OLDEST, NEWEST = (3, 11), (3, 13)
CHECKS = (
    ("ruff check", ["-m", "ruff", "check", "."]),
    ("ruff format", ["-m", "ruff", "format", "--check", "."]),
    ("mypy", ["-m", "mypy"]),
    ("imports", ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]),
    # More workers than four wait for each other: the longest files take half of the time.
    ("tests", ["-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadgroup"]),
)
FAILED_TESTS = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
# As many may be those that real browsers, MIDI servers and encoders lose to a busy machine; more are no accident.
MOST_REPEATED = 5


def main(arguments: Sequence[str]) -> int:
    """Install what is missing, then run the command; return the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(
            f"This needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}; this is {sys.version.split()[0]}."
        )
        return 1
    # Without compiled files, which uv does not make either, each start of Python compiles torch anew, for seconds.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    install(["dev"] if arguments[0] == "test" else [])
    if arguments[0] == "test":
        return test(arguments[1:])
    try:
        return subprocess.run([python(), "-m", "likeness.cli", *arguments], cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 130


def test(arguments: Sequence[str]) -> int:
    """Run every check even where one fails, and name those that failed.

    Few tests that fail beside others are repeated alone: what passes then is named and not counted as failed.
    """
    failed = []
    for name, command in CHECKS:
        print(f"\n== {name}", flush=True)
        extra = arguments if name == "tests" else ()
        code = subprocess.run([python(), *command, *extra], cwd=ROOT).returncode
        if name == "tests" and code == 1:
            code = repeat_failed_tests()
        if code:
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall checks passed")
    return 1 if failed else 0


def repeat_failed_tests() -> int:
    """Run the tests that have just failed again, one after the other; return pytest's exit status."""
    # On several workers a test's name ends in its group.
    names = [re.sub(r"@[^\]@]*$", "", name) for name in json.loads(FAILED_TESTS.read_text())]
    if not 0 < len(names) <= MOST_REPEATED:
        return 1
    print("\n== the failed tests alone", flush=True)
    code = subprocess.run([python(), "-m", "pytest", *names], cwd=ROOT).returncode
    if code == 0:
        print("\n".join(["failed beside others and passed alone:", *names]))
    return code


def install(extras: list[str]) -> None:
    """Create the environment and install into it, unless pyproject and constraints are those of the last time."""
    wanted = fingerprint()
    have = STAMP.read_text().split() if STAMP.is_file() else []
    if have[:1] == [wanted] and set(extras) <= set(have[1:]) and works():
        return
    extras = sorted({*extras, *(have[1:] if have[:1] == [wanted] else [])})
    if not works():
        print("Creating .venv", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], cwd=ROOT)
        if made.returncode:
            sys.exit("Python could not create an environment; on Debian and Ubuntu: apt install python3-venv")
    project = "." + (f"[{','.join(extras)}]" if extras else "")
    print(f"Installing {project} (minutes the first time, while torch is downloaded)", flush=True)
    arguments = ["install", "-c", "constraints.txt", "-e", project]
    if not with_uv(arguments):
        print("uv did not work here; trying pip", flush=True)
        if subprocess.run([python(), "-m", "pip", *arguments], cwd=ROOT).returncode:
            sys.exit("The installation failed; the lines above say why. Run the same command to try again.")
    STAMP.write_text("\n".join([wanted, *extras]) + "\n")


def with_uv(arguments: list[str]) -> bool:
    """Install with uv, which takes a tenth of pip's time; return whether it worked."""
    pip = [python(), "-m", "pip", "--disable-pip-version-check", "-q"]
    if subprocess.run([*pip, "install", "uv"], cwd=ROOT).returncode:
        return False
    # uv ignores pip's configuration: a local torch build, a mirror or a company's certificate would be missed.
    environment = dict(os.environ)
    for theirs, ours in (("find-links", "UV_FIND_LINKS"), ("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        value = pip_setting(theirs)
        if value and ours not in environment:
            # pip separates several with spaces, uv's find-links with commas.
            environment[ours] = ",".join(value.split())
    # PyPI's torch for Windows runs on the processor only. "auto" takes PyTorch's own build for this machine's graphics
    # card; whoever configured an index has chosen theirs.
    sources = ("UV_FIND_LINKS", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_OFFLINE")
    if not any(environment.get(source) for source in sources) and not pip_setting("extra-index-url"):
        environment.setdefault("UV_TORCH_BACKEND", "auto")
    uv = [python(), "-m", "uv", "pip", arguments[0], "--python", python(), *arguments[1:]]
    return subprocess.run(uv, cwd=ROOT, env=environment).returncode == 0


def pip_setting(name: str) -> str:
    """Return a setting of pip, from its environment variable or else its files; empty where it is not set."""
    variable = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if variable:
        return variable
    for section in ("install", "global"):
        asked = [python(), "-m", "pip", "config", "get", f"{section}.{name}"]
        answer = subprocess.run(asked, capture_output=True, text=True)
        if answer.returncode == 0:
            return answer.stdout.strip()
    return ""


def fingerprint() -> str:
    """Return a hash of everything that the installation depends on."""
    sha = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        sha.update((ROOT / name).read_bytes())
    return sha.hexdigest()


def works() -> bool:
    """Return whether the environment's Python starts and is of this version."""
    try:
        asked = subprocess.run(
            [python(), "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True
        )
    except OSError:
        return False
    return asked.stdout.strip() == str(sys.version_info[:2])


def python() -> str:
    """Return the environment's interpreter."""
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
