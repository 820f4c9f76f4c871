"""A PostgreSQL server of our own, from Debian's packages, on a socket in a folder of the tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

# It refuses to run as root.
USER = "postgres"
START_S = 20.0
# Nobody pulls the plug of a machine that tests.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """A server with one new database in a folder.

    Args:
        options: of the server, each `name=value`.
        parent: where its folder is made; None takes the system's place for such.

    Attributes:
        url: of the database.
        folder: of the server, with all that it writes.
    """

    def __init__(self, options: Sequence[str] = (), parent: Path | None = None) -> None:
        self._programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self._user = USER if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="likeness-postgres-", dir=parent))
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._options = (*options, "listen_addresses=", f"unix_socket_directories={self.folder}")
        self.url = f"postgresql+pg8000://{USER}@/postgres?unix_sock={self.folder}/.s.PGSQL.5432"
        self._run("initdb", "-U", USER, "-A", "trust", "--no-sync")

    def start(self) -> None:
        """Start it, again too; return when it answers."""
        options = " ".join(f"-c {option}" for option in self._options)
        deadline = time.monotonic() + START_S
        while True:
            try:
                self._run("pg_ctl", "-l", self.folder / "log", "-w", "-o", options, "start")
            except subprocess.CalledProcessError:
                # One that was killed has processes that end a moment later, and is not started beside them.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
                continue
            return

    @property
    def running(self) -> bool:
        """Whether it runs."""
        try:
            self._run("pg_ctl", "status")
        except subprocess.CalledProcessError:
            return False
        return True

    def kill(self) -> None:
        """End the server's first process by SIGKILL; the others see it and end at once."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def close(self) -> None:
        """Stop it and remove its folder."""
        try:
            self._run("pg_ctl", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: object) -> None:
        # A folder of root's is none that the server's user may start in.
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *map(str, arguments)]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd="/",
            extra_groups=[] if self._user else None,
        )  # fmt: skip


def require_postgres() -> None:
    """Skip where the programs or the driver are absent."""
    pytest.importorskip("pg8000", reason="pg8000 is not installed")
    if not list(Path("/usr/lib/postgresql").glob("*/bin")):
        pytest.skip("no PostgreSQL here (apt-get install postgresql)")


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the address of a new database, or skip where the programs or the driver are absent."""
    require_postgres()
    server = Postgres(QUICK)
    try:
        server.start()
        yield server.url
    finally:
        server.close()
