"""The end of the program, while a plugin's thread still computes."""

import subprocess
import sys
from pathlib import Path

BUSY = """
import threading

import torch

from likeness import hookimpl


class Plugin:
    @hookimpl
    def start(self):
        threading.Thread(target=self.prepare, daemon=True).start()

    def prepare(self):
        x = torch.rand(600, 600)
        while True:
            x = x @ x / 300

    @hookimpl
    def update(self, latent):
        return latent
"""


def test_a_thread_that_is_still_within_torch_does_not_abort_the_program(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY)
    words = ("render", "demo", "--plugin", "busy.py", "--weights", "composite-256", "--size", "64x64")
    command = (sys.executable, "-m", "likeness.cli", *words, "--seconds", "0.1", "-o", "a.mp4")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "terminate called" not in ended.stderr
    assert (tmp_path / "a.mp4").stat().st_size > 1000
