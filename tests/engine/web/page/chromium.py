"""A headless Chromium that runs for a session of tests."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.engine.web.page.devtools import DevTools
from tests.engine.web.page.tab import Tab

# Loopback alone, nothing that calls home, and a page in the background that runs like one in front.
FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
START_S = 60.0


class Chromium:
    """The browser: one for a session of tests."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("chromium")
        assert program, "chromium is not installed"
        root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
        self._process = subprocess.Popen(
            [program, *FLAGS, *root, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        )
        port, path = self._wait_for_port(folder / "DevToolsActivePort")
        self._host = f"ws://127.0.0.1:{port}"
        self._browser = DevTools(self._host + path)

    def _wait_for_port(self, file: Path) -> tuple[str, str]:
        deadline = time.monotonic() + START_S
        while True:
            lines = file.read_text().split() if file.is_file() else []
            if len(lines) == 2:
                return lines[0], lines[1]
            assert self._process.poll() is None, f"chromium ended with {self._process.returncode}"
            assert time.monotonic() < deadline, "chromium did not start"
            time.sleep(0.02)

    def tab(self, width: int = 1280, height: int = 800, touch: bool = False) -> Tab:
        """Return a new page with empty storage."""
        context = self._browser.command("Target.createBrowserContext")["browserContextId"]
        size = {"width": width, "height": height}
        target = self._browser.command("Target.createTarget", url="about:blank", browserContextId=context, **size)
        return Tab(f"{self._host}/devtools/page/{target['targetId']}", context, width, height, touch)

    def close_tab(self, tab: Tab) -> None:
        tab.close()
        self._browser.command("Target.disposeBrowserContext", browserContextId=tab.context)

    def close(self) -> None:
        with contextlib.suppress(Exception):  # It hangs up before it answers.
            self._browser.command("Browser.close")
        self._browser.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
