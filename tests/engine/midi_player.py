"""A MIDI controller in a process of its own."""

import json
import subprocess
import sys
import threading

CONTROLLER = "Knobs of the test"
# Plays each line of its input, a list of messages, and ends with it.
PLAYER = f"""
import json, sys
import rtmidi
out = rtmidi.MidiOut(int(sys.argv[1]), {CONTROLLER!r})
out.open_virtual_port("knobs")
lights = None
if len(sys.argv) > 2:
    # Tells each message that it is sent, one a line.
    lights = rtmidi.MidiIn(int(sys.argv[1]), "Lights of the test")
    lights.ignore_types(sysex=False)
    lights.set_callback(lambda event, data: print(json.dumps(event[0]), flush=True))
    lights.open_virtual_port("lights")
print("ready", flush=True)
for line in sys.stdin:
    for message in json.loads(line):
        out.send_message(message)
out.close_port()
out.delete()
if lights:
    lights.close_port()
    lights.delete()
"""


class Player:
    """A controller in a process of its own, plugged in once this returns; ending the process unplugs it."""

    def __init__(self, system: int, lit: bool = False) -> None:
        arguments = [sys.executable, "-c", PLAYER, str(system), *(["lit"] if lit else [])]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        # A show that asks for a controller by its name must find it there.
        assert self._process.stdout.readline() == "ready\n"
        self.lit: list[list[int]] = []
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()

    def _hear(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                self.lit.append(json.loads(line))

    def play(self, *messages: list[int]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(messages) + "\n")
        self._process.stdin.flush()

    def unplug(self) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(20)
        self._hearing.join(20)
