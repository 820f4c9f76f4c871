"""The toolkit: things that plugins use beyond the vocabulary.

- `crossfade.py`: leads a tensor to a goal that has jumped.
- `background_loader.py`: slow work on a thread, polled from `update` without waiting.
- `face_list.py`: a performer's list of faces as latents, and seeds drawn from the show's seed.
- `latent_file.py`: saved faces and directions.
- `voice.py`: a voice as the shape of a mouth in each frame; `mouth_moves.py`: as moves, under a performer's hands.
- `bending.py`: operations on a layer's activations; `layers.py`: a generator's layers, and clusters of their channels.
- `filters.py`: filters by name, faded from one to the next, and masks of a composite's regions.
- `mouth.py`, `eyes.py`, `mouth_inside.py`, `face_part.py`, `mouth_frame.py`: lips, brows, lids, gaze, teeth and tongue
  moved on a composite's picture.
- `puppet/`: a face before the camera, measured, that leads the one that plays.
- `siblings.py`: children of two parents, in fair shares.
- `worker_process.py`: a process of its own, for what would hold Python's lock or a core; `priority.py`: who has the
  cores first.
- `moved.py`: old import paths, for one more version.

What is here keeps its names: plugins outside this repository import it.
"""
