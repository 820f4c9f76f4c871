"""A MIDI controller in a process of its own."""

import json
import subprocess
import sys

CONTROLLER = "Knobs of the test"
# Plays each line of its input, a list of messages, and ends with it.
PLAYER = f"""
import json, sys
import rtmidi
out = rtmidi.MidiOut(int(sys.argv[1]), {CONTROLLER!r})
out.open_virtual_port("knobs")
for line in sys.stdin:
    for message in json.loads(line):
        out.send_message(message)
out.close_port()
out.delete()
"""


class Player:
    """A controller in a process of its own; ending the process unplugs it."""

    def __init__(self, system: int) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", PLAYER, str(system)], stdin=subprocess.PIPE, text=True)

    def play(self, *messages: list[int]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(messages) + "\n")
        self._process.stdin.flush()

    def unplug(self) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(20)
