"""A show in a process of its own, with a desk, as `likeness play` starts it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ENGINE = Path(__file__).resolve().parents[4] / "engine"
START_S = 100.0
# Small pictures of weights that need little, so that two cores have time for a browser, too.
LIGHT = ("--weights", "composite-256", "--size", "128x128", "--device", "cpu", "--fps", "20", "--osc-port", "0")


class PlayedShow:
    """A show that can be killed and started again at the same address.

    Args:
        folder: gets the user's folder `home`, with `plugins` in it, and what the show prints.
        options: of `play`, after its preset.
        light: more of them, which keep it from taking the whole machine.
    """

    def __init__(self, folder: Path, preset: str = "demo", *options: str, light: Sequence[str] = LIGHT) -> None:
        self.home, self._log = folder / "home", folder / "show.log"
        self.plugins = self.home / "plugins"
        self.plugins.mkdir(parents=True)
        self.port, self.options = _unused_port(), options
        self._command = [sys.executable, "-m", "likeness.cli", "play", preset, "--output", "null", *light, *options]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def said(self) -> str:
        """Return all that it has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def start(self, *, wait: bool = True) -> None:
        """Start it; where `wait`, return once it plays and its desk is there."""
        environment = {**os.environ, "LIKENESS_HOME": str(self.home), "PYTHONPATH": str(ENGINE)}
        begun = len(self.said) if self._log.is_file() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--web-port", str(self.port)], stdout=log, stderr=subprocess.STDOUT, env=environment
            )
        if not wait:
            return
        address = self.wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/", self.said[begun:]), START_S)
        self.port = int(address[1])
        self.wait_for(lambda: self.status()["frames"] > 0, START_S)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def fetch(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path.removeprefix("/"), timeout=10) as answer:
            return bytes(answer.read())

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.fetch("/status")))

    def value(self, address: str) -> Any:
        """Return what the parameter `owner.name` is, as OSCQuery tells."""
        return json.loads(self.fetch(f"/{address.replace('.', '/')}?VALUE"))["VALUE"][0]

    def wait_for(self, condition: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Return what `condition` returns once it is true; errors on the way count as not yet."""
        deadline, why = time.monotonic() + seconds, ""
        while True:
            try:
                if found := condition():
                    return found
            except (OSError, KeyError, ValueError) as error:
                why = repr(error)
            assert self._process, "the show has not been started"
            assert self._process.poll() is None, f"the show ended: {self.said}"
            assert time.monotonic() < deadline, f"not within {seconds:g} s {why}; the show said: {self.said[-2000:]}"
            time.sleep(0.02)


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
