"""The spare: has imported what a show needs, and waits to become the next one. Run with `python -m`."""

import json
import os
import runpy
import signal
import sys

from likeness.show.heap import keep_one_heap
from likeness.tools.guard.title import set_title


def main() -> None:
    """Import, wait for an order in JSON on stdin, and carry it out; without one, end."""
    # Ctrl+C is the supervisor's, which ends this process as well.
    keyboard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_one_heap()
    # Seconds, which the next show then need not spend.
    import likeness.outputs.open_outputs
    import likeness.show.desk
    import likeness.show.show  # noqa: F401 - a spare has it read beforehand

    line = sys.stdin.readline()
    if not line:
        return
    signal.signal(signal.SIGINT, keyboard)
    order = json.loads(line)
    os.environ.update(order["environment"])
    sys.argv[1:] = order["arguments"]
    set_title(["likeness", *order["arguments"]])
    # As a program of its own: nothing below the command line imports it.
    runpy.run_module("likeness.cli", run_name="__main__")


if __name__ == "__main__":
    main()
