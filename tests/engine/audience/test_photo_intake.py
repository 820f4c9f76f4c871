"""Photos decoded in a process of their own: what they do to it is no harm here."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from tests.engine.audience import hostile_photos as photos

from likeness.audience import photo_intake
from likeness.audience.photo_decoder import MOST_BYTES, STARTED
from likeness.audience.photo_intake import PhotoIntake
from likeness.audience.states import Reason
from likeness.errors import AudienceError

PYTHON = sys.executable


def test_photos_come_back_clean_or_with_their_reason_and_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def decode() -> list[bytes | Reason]:
        intake = PhotoIntake()
        raws = (photos.HEIC, photos.lying_bomb(), photos.SVG, b"", bytes(MOST_BYTES + 1))
        return await asyncio.gather(*(intake.decode(raw) for raw in raws))

    clean, bomb, *refused = asyncio.run(decode())
    assert isinstance(clean, bytes)
    assert clean.startswith(b"\xff\xd8\xff")
    # Of the endless pixels those that the header claims are read, or none.
    assert bomb is Reason.BROKEN or isinstance(bomb, bytes)
    assert refused == [Reason.DRAWING, Reason.EMPTY, Reason.TOO_LARGE]
    assert list(tmp_path.iterdir()) == []


def run_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """Let a program of our own be the decoder."""
    program = tmp_path / "decoder"
    program.write_text(f"#!{PYTHON}\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(photo_intake.sys, "executable", str(program))


def test_a_decoder_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    run_instead(
        monkeypatch, tmp_path, f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    )

    async def decode() -> bytes | Reason:
        return await PhotoIntake(patience_s=1.0).decode(b"photo")

    # A decoder's own time is bounded: one that hangs has had no core, or is no fault of the photo.
    with pytest.raises(AudienceError, match="too busy"):
        asyncio.run(decode())
    if pid.exists() and pid.read_text():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_decoder_that_crashes_or_babbles_refuses_the_photo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for code, reason in (
        ("import os; os.kill(os.getpid(), 11)", Reason.BROKEN),
        ("print('nonsense')", Reason.BROKEN),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", Reason.TOO_SLOW),
    ):
        run_instead(
            monkeypatch, tmp_path, f"import sys; sys.stdout.write({STARTED.decode()!r}); sys.stdout.flush()\n{code}"
        )
        assert asyncio.run(PhotoIntake().decode(b"photo")) is reason


def test_a_decoder_that_cannot_start_is_no_fault_of_the_photo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run_instead(monkeypatch, tmp_path, "import no_such_module")
    with pytest.raises(AudienceError, match="ended with 1 before it had looked"):
        asyncio.run(PhotoIntake().decode(b"photo"))
    monkeypatch.setattr(photo_intake.sys, "executable", str(tmp_path / "absent"))
    with pytest.raises(AudienceError, match="no decoder of photos can be started"):
        asyncio.run(PhotoIntake().decode(b"photo"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bounds")
def test_a_photo_that_takes_too_much_processor_time_is_refused_as_too_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.path[:0] = " + repr(sys.path) + "\n"
        "from likeness.audience import photo_decoder\n"
        "photo_decoder.CPU_S = 1\n"
        "photo_decoder.bound_process()\n"
        "sys.stdout.buffer.write(photo_decoder.STARTED); sys.stdout.flush()\n"
        "while True: pass"
    )
    run_instead(monkeypatch, tmp_path, code)
    assert asyncio.run(PhotoIntake().decode(b"photo")) is Reason.TOO_SLOW


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bounds")
def test_the_bounds_hold_in_the_process_of_the_decoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = " + repr(sys.path) + "\n"
        "from likeness.audience.photo_decoder import *\n"
        "bound_process()\n"
        "def tried(act):\n"
        "    try: act(); return False\n"
        "    except (MemoryError, OSError): return True\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "refused = [tried(lambda: bytearray(2 * MEMORY)),\n"
        f"    tried(lambda: open({str(tmp_path / 'written')!r}, 'wb', buffering=0).write(b'x'))]\n"
        "sys.stdout.buffer.write(STARTED + SEPARATOR + repr(refused).encode())"
    )
    run_instead(monkeypatch, tmp_path, code)
    assert asyncio.run(PhotoIntake().decode(b"photo")) == b"[True, True]"
