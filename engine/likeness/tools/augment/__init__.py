"""`likeness augment`: more pictures of the same people or classes out of few.

- `sources.py`: the pictures of a folder and of its sub-folders, and what new ones are called.
- `new_picture.py`: what becomes of one picture, whatever makes it.
- `plan.py`: how faces are moved.
- `moved_faces.py`: faces taken to a latent and moved there, the person held by their embedding.
- `variations.py`: other pictures of a class, drawn by a DAGAN.
- `record.py`: the table of what was made, and the settings that it was made with.
- `augment.py`: one picture after the other, from where it stopped.

Everything runs on the caller's thread.
"""
