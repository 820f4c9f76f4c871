"""MIDI controllers: ports, messages, bindings, takeover, learning and lights.

- `input.py`: `MidiInput`, which the show opens; its thread polls the ports and calls everything below.
- `ports.py`: ports that come and go. `messages.py`: bytes to moves of controls.
- `bindings.py`: which control plays which parameter, in a file for each controller.
- `binding_editor.py`: changes them while they play, and publishes them for other threads.
- `knobs.py`, `takeover.py`: the bound knobs, and how one takes over a value that was changed elsewhere.
- `learn.py`: finds out which knob was moved and how it sends.
- `profiles.py`, `lights.py`, `cue_pads.py`: what a controller's lights show, and its pads as cues.
- `clock_input.py`: MIDI clock, forwarded to `likeness.tempo`.

A move goes one way: port, message, knob, and an edit of the store that the show's thread carries out.
"""
