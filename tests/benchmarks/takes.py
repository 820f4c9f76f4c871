"""A set played by hand over OSC and MIDI, recorded as a take, killed at any moment, and rendered twice.

`python tests/benchmarks/takes.py [--seconds 300] [--weights composite-256] [--seed 1]`

With `JACK_DEFAULT_SERVER` set MIDI goes over JACK. It prints how large the take is, an hour of it, how much of it the
kill took, and the hashes of two renders.
"""

import argparse
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "engine")]
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])

from tests.engine.set_player import packed  # noqa: E402

from likeness.show.takes.reader import read_take  # noqa: E402

PROGRAM = [sys.executable, "-m", "likeness.cli"]
# A hand's: how often a fader under it sends, how long it moves one, how long it listens.
SENT_HZ, MOVE_S, REST_S = 60.0, 1.5, 3.0
# The knob that the hand turns over MIDI.
BOUND = '\n[[midi]]\nparam = "sharpen.amount"\ncc = 20\n'
FADERS = ("/random_walk/speed", "/random_walk/reach", "/random_walk/pull", "/show/psi", "/master/brightness")

Send = Callable[..., None]


def find_port() -> int:
    """Return a UDP port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_midi() -> Callable[[list[int]], None] | None:
    """Return what sends MIDI from a port of ours, or None where there is no MIDI here."""
    try:
        import rtmidi

        api = rtmidi.API_UNIX_JACK if "JACK_DEFAULT_SERVER" in os.environ else rtmidi.API_UNSPECIFIED
        out = rtmidi.MidiOut(api)
        out.open_virtual_port("hand of the takes")
    except Exception as error:  # noqa: BLE001 - a driver may raise anything
        print(f"no MIDI here ({error}); OSC alone")
        return None
    return out.send_message


def play(send: Send, midi: Callable[[list[int]], None] | None, until: float, chance: random.Random) -> None:
    """Play as a hand does: move a fader, rest, press a pad, store and recall a cue."""
    cues = 0
    while time.monotonic() < until:
        fader, value, goal = chance.choice(FADERS), chance.random(), chance.random()
        steps = round(MOVE_S * SENT_HZ)
        for step in range(steps):
            send(fader, round(value + (goal - value) * step / steps, 4))
            if midi:
                midi([0xB0, 20, round(127 * step / steps)])
            time.sleep(1.0 / SENT_HZ)
        kind = chance.randrange(4)
        if kind == 0:
            cues += 1
            send("/cue/store", 1 + cues % 8)
        elif kind == 1 and cues:
            send("/cue/recall", 1 + cues % 8, 2.0)
        elif kind == 2:
            send("/transport/tap", 1)
        elif midi:
            midi([0x90, 60, 100])
            midi([0x80, 60, 0])
        time.sleep(REST_S * chance.random())


def hash_frames(path: Path) -> str:
    """Return the hash of a film's pictures."""
    import av

    digest = hashlib.sha256()
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            digest.update(frame.to_ndarray(format="rgb24").tobytes())
    return digest.hexdigest()


def main() -> None:
    """Play, kill, render twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--weights", default="composite-256")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", default="512x512", help="of the show and the films, in px")
    asked = parser.parse_args()
    chance, port = random.Random(asked.seed), find_port()
    midi = open_midi()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LIKENESS_HOME"] = str(folder / "home")
        take = folder / "night.take"
        preset = folder / "hand.toml"
        preset.write_text((ROOT / "presets" / "demo.toml").read_text() + BOUND)
        words = [
            "play",
            str(preset),
            "--weights",
            asked.weights,
            "-o",
            "null",
            "--size",
            asked.size,
            "--osc-port",
            str(port),
            "--web-port",
            "0",
        ]
        words += ["--no-autosave", "--midi", "auto" if midi else "off", "--take", str(take)]
        show = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not take.exists() or not take.stat().st_size:
                assert show.poll() is None, "the show ended"
                time.sleep(0.1)
            began, sock = time.monotonic(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            length = asked.seconds * (1.0 - 0.1 * chance.random())
            play(lambda *words: sock.sendto(packed(*words), ("127.0.0.1", port)), midi, began + length, chance)
            show.send_signal(signal.SIGKILL)
            played = time.monotonic() - began
        finally:
            show.kill()
            show.wait()
        read, size = read_take(take), take.stat().st_size
        print(f"played {played:.1f} s, killed; the take is {read.seconds:.1f} s long: {size / 1e3:.0f} kB,")
        print(f"{size / read.seconds * 3600 / 1e6:.2f} MB an hour, {len(read.frames)} frames with something")
        hashes = []
        for film in (folder / "one.mp4", folder / "two.mp4"):
            subprocess.run([*PROGRAM, "render", str(take), "-o", str(film), "--fps", "30"], check=True)
            hashes.append(hash_frames(film))
        print(f"pictures of both renders {'are the same' if hashes[0] == hashes[1] else 'DIFFER'}: {hashes[0][:16]}")


if __name__ == "__main__":
    main()
