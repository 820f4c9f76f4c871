"""Projection: search for the latent that draws a picture, step by step.

Files in reading order:

- `search.py`: `project` yields every step of a search in the latent, by gradient or, without one, by random probes.
- `loss.py`: what it minimises: pixels, the face's pixels, perceptual features, a prior.
- `adam.py`: the optimiser, light enough to start within a visitor's patience.
- `noise_inputs.py`: StyleGAN2's noise maps as variables of the search.
- `search_encoder.py`: a search behind the same call as an encoder.
- `batch.py`: many photos at once, as training data for an encoder.
- `chain.py`: from face to face, each search starting where the one before ended; the ways close into a loop.
- `worker.py`: a search in a process of its own beside a show.

Everything but `worker.py` runs on the caller's thread. `ProjectionWorker` is called by one thread, holds a process and
a listener thread, and never waits except in `wait_for_step` and `close`.
"""
