"""Cues and history: what a show remembers, and how it gets back there.

A cue holds the face on the screen, the parameters, the modulators and the order of the rack, a label and a small
picture. In reading order:

- `bank.py`: the cues of a show, numbered 1 to 64 or named. `cue_file.py`: one cue on the disk.
- `thumbnail.py`: small pictures. `picture_taking.py`: gives them to cues. `past_pictures.py`: one for each second.
- `recall.py`: recalls a cue at once or on a beat, over seconds or bars, and undoes it.
- `latent_stage.py`: the latent between the plugins and the generator: transitions, history playback, recording.
- `transition.py`: leads the picture to a face. `rigid_motion.py`: lets the plugins' motion go on from there.
- `latent_history.py`, `parameter_history.py`: the last ten minutes of faces, and of targets.
- `commands.py`, `history_commands.py`: the OSC commands `/cue/...` and `/history/...`.
- `autosave.py`: saves the show every few seconds. `background_writer.py`: writes files beside the show.
- `description.py`: what surfaces show of the cues. `cues.py`: puts these together for `show.py`.

A command comes on any thread and leaves an edit in the store's inbox. The show's thread runs it between two frames: it
sets the parameters off and emits a `Recall`. The render thread takes that event in its next frame, in
`LatentStage.handle`, and moves the latent. Files are written and their pictures encoded on the background writer's
thread alone, pictures of the past on the thread "past pictures". Any thread may ask for descriptions and pictures.
"""
