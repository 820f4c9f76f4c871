"""Directions in a generator's latent space: from labels, from its own spread, or from its weights.

labelled_pictures.py  pictures with labels, from a table or from folders
labelled_latents.py   latents with labels, from encoded pictures or from classified samples
measured.py           samples labelled by what is measured on their pictures: turn and light
fit.py                the direction in which one label grows; covariance.py serves it
disentangle.py        one direction without the others
find.py               all of it together, and principal directions
closed_form.py        the directions that a StyleGAN2's weights define
effects.py            what a direction changes in pictures; named_sheet.py: all of them on one face
"""
