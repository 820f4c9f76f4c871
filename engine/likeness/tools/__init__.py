"""Tools: runs that stand above a show and are started by a command.

- `contact_sheet.py`: pictures of a generator's seeds, and of stations along a show.
- `encode_photos.py`, `project_photos.py`: photos to saved latents, in one pass and by search, with pictures and film.
- `moves.py`: how far to go along which directions, from texts; what puts something on is a switch.
- `edit_photos.py`: photos, paintings and drawings changed along directions.
- `augment/`: more pictures of the same people or classes out of few.
- `train_faces/`: a folder of pictures to weights with all that goes with them.
- `report.py`: the zip for a bug report, from a terminal.
- `preflight/`: the checks of `likeness check`.
- `latency/`: the measurement of `likeness latency`.

All run on the caller's thread; `latency/` starts a second process. Nothing in a show imports them.
"""
