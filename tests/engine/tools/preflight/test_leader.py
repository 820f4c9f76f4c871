"""`likeness check --shadow`: whether the other machine's show can be followed from here, and which it is."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.show.shadow.shadow_rig import DEADLINE_S, Pair

from likeness.options import QUIET
from likeness.tools.preflight.finding import Verdict
from likeness.tools.preflight.leader import Led, check_leader


def check(pair: Pair, **options: object) -> Led:
    """Check while the leader plays."""
    own = replace(QUIET, device="cpu", **options)  # type: ignore[arg-type]  # each test gives what it needs
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(check_leader, f"127.0.0.1:{pair.server.port}", own)
        deadline = time.monotonic() + DEADLINE_S
        while not found.done():
            pair.lead()
            time.sleep(0.001)
            assert time.monotonic() < deadline
    return found.result()


def test_what_the_other_machine_plays_is_what_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    pair = Pair(tmp_path, {})
    try:
        led = check(pair, fps=7.0)
        assert led.finding.verdict is Verdict.GOOD
        assert led.preset == pair.leader.preset_commands.current_preset()
        # Its rate, and not the one that was given here.
        assert led.options.fps == pair.leader.fps
        other = check(pair, plugins=[tmp_path / "nobody.py"])
        assert (other.finding.verdict, other.preset) == (Verdict.STOPS, None)
    finally:
        pair.close()
    gone = check_leader(f"127.0.0.1:{pair.server.port}", replace(QUIET, resume=True))
    assert (gone.finding.verdict, gone.preset) == (Verdict.LESS, None)
    assert "its own last show" in gone.finding.text
