"""Audio: features of the music in each frame, from a file or an input device.

In reading order:

- `features.py`: `AudioFeatures` (bands, level, onsets, tempo) and the `AudioSource` that gives them.
- `analyser.py`: features from samples, hop by hop. `tempo_estimate.py`: the tempo of an onset envelope.
- `file.py`: a file, analysed along with the show's time. `device.py`: an input device.
- `sound.py`: what recordings get of a file, `heard_sound.py`: of a device, put on the show's clock.
- `noted.py`: what a device was heard to play, noted in a take and played again.
- `listening.py`: the samples of what is heard, for plugins.
- `voice_features.py`, `voice_network.py`: a voice as features, and those as the shape of a mouth.
- `open_audio.py`: opens what `--audio` names. `describe.py`: what surfaces are told.

The show's thread calls `features_at` once a frame; it never waits. A device has two threads: the driver's, which leaves
blocks in a queue, and the input's own, which opens the device, analyses the blocks, and opens it again if it was
unplugged. What `open_sound` returns belongs to the thread that writes the recording.
"""
