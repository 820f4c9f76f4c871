"""`likeness train faces`: a folder of pictures to weights with encoder, directions and population, in one run.

- `plan.py`: what a run was asked for and how far it has come, in its folder.
- `cut.py`: the pictures cut alike, around faces where they show faces.
- `stages.py`: the stages one by one; each writes its files whole or not at all.
- `train_faces.py`: the stages in turn within one time, from where they stopped.

Everything runs on the caller's thread.
"""
