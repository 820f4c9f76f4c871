"""Galleries: known faces with their embeddings, searched for whom a photo resembles.

In reading order:

- `face_types.py`: a new face, a record, a match; and which records are of weights that were replaced.
- `gallery.py`: the gallery, which puts the following together.
- `records.py`, `rows.py`: one SQLite file. `matrix.py`, `nearest.py`: the embeddings, and the exact search in them.
- `photo_encoder.py`, `add_photos.py`: photos into a gallery, resumable and in shards. `cluster.py`, `ray_cluster.py`:
  the same with Ray.
- `population.py`, `population_file.py`: the generator's own people, drawn from seeds; their embeddings in a file.
- `means.py`, `merge.py`: group means, several galleries into one.

One gallery may be searched from several threads and changed by several processes. A real person's face is kept only
with a consent in words, and removing it leaves no byte behind.
"""

from likeness.gallery.face_types import Match, NewFace, Record
from likeness.gallery.gallery import Gallery

__all__ = ["Gallery", "Match", "NewFace", "Record"]
