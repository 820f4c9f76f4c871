"""Evaluation of a generator in numbers: each from a paper, each tested against a closed form.

plan.py, labels.py      what is measured, and what people wrote down about the pictures
features.py             pictures and samples to features
frechet.py, kernel.py, neighbours.py, path_length.py, walk.py, seen_faces.py   one metric each
linear.py, attribute_classifier.py, separability.py   planes, and what they say of the latent space
evaluation.py           all of them for one generator
report.py, verdicts.py  the result as a table and a sheet, and the conditions for the stage
"""
