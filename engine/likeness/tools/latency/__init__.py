"""The measurement of `likeness latency`: the time from a press to the picture that shows it.

- `measure.py`: plays a show whose output notes the frame in which each press appears, and sums up.
- `sender.py`: the second process, which sends presses by OSC or MIDI and notes when; it must not import torch.
- `flash.py`: the plugin that turns each press into one shade of grey, so that presses can be told apart.

The show runs on the caller's thread; sender and show compare times of the one monotonic clock of the machine.
"""
