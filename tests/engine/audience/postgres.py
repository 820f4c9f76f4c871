"""A PostgreSQL server of our own, from Debian's packages, on a socket in a folder of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# It refuses to run as root.
USER = "postgres"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the address of a new database, or skip where the programs or the driver are absent."""
    pytest.importorskip("pg8000", reason="pg8000 is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("no PostgreSQL here (apt-get install postgresql)")
    user = USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="likeness-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    try:
        _run(programs[-1] / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "--no-sync", user=user)
        options = " ".join(f"-c {option}" for option in (*QUICK, f"unix_socket_directories={folder}"))
        log = folder / "log"
        _run(programs[-1] / "pg_ctl", "-D", folder / "data", "-l", log, "-w", "-o", options, "start", user=user)
        try:
            yield f"postgresql+pg8000://{USER}@/postgres?unix_sock={folder}/.s.PGSQL.5432"
        finally:
            _run(programs[-1] / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop", user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: Path, *arguments: object, user: str | None) -> None:
    # A folder of root's is none that the server's user may start in.
    command = [str(program), *map(str, arguments)]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/", extra_groups=[] if user else None
    )
