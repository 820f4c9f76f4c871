"""Parameters: their state, and everything that sets or moves them.

A parameter is declared in `likeness/params.py`. In reading order:

- `state.py`: one parameter's target, value, glide and offset.
- `store.py`: all parameters of a show; edits from any thread, one immutable snapshot a frame.
- `journal.py`: what was changed in a frame, for takes.
- `presets.py`: presets as TOML files. `midi_binding.py`, `modulator.py`: their `[[midi]]` and `[[modulation]]` entries.
- `modulation.py`: the modulators that play. `lfo_shapes.py`: their shapes.
- `describe.py`, `open_stage_control.py`: the parameters as an OSCQuery tree, as Markdown, as a control surface.

Inputs write from threads of their own: the store checks a value at once and queues the edit. Once a frame the show's
thread runs the queued edits, advances glides, adds the modulation's offsets and publishes the snapshot, which any
thread may read.
"""
