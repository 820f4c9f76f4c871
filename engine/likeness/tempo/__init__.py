"""Tempo: the beat and the bar in each frame, from the show's own tempo, taps, a MIDI clock or Link.

In reading order:

- `transport.py`: the `Transport` counts beats, follows a `BeatSource` and returns the frame's `Moment`.
- `taps.py`: a tempo and a beat from taps. `midi_clock.py`: a beat from the pulses of a MIDI clock.
- `quantise.py`: when to start what should arrive on a beat.

The show's thread calls `Transport.advance` once a frame. Taps, nudges and the like come on any thread and wait in the
transport's inbox; clock pulses come on the MIDI thread and wait in the clock's. Nothing here waits for a lock or starts
a thread. Link, which has a thread of its own, is in `inputs/link.py`.
"""
