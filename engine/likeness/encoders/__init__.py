"""Encoders: from a picture of a face to the latent that draws it, one kind for each family.

open_encoder.py   the protocol, and which encoder goes with a generator
trained.py        a frozen network's features and one matrix, in a file beside any weights
vae.py            the encoder that a VAE was trained with
composite.py      the composite's own: a guess, then rounds of flow and projection
block_targets.py, linear_fit.py   its two halves: target values from the photo, codes that fit them
"""
