"""Films by the real generator and models, small: that of two photos' children."""

from pathlib import Path

import av
import pytest
import torch

from likeness import open_generator
from likeness.audience.film_making import FilmMaking
from likeness.audience.worker import OTHER, ClaimLostError
from likeness.files.paths import find_weights
from likeness.gallery.population import draw_face
from likeness.lookalike.film_plan import FilmPlan
from likeness.picture import write_picture


def test_the_children_of_two_photos_are_a_film_of_both_parents_that_stops_with_the_claim(tmp_path: Path) -> None:
    generator = open_generator(find_weights("composite-256"))
    photo = tmp_path / "photo.jpg"
    for path, seed in ((photo, 5), (tmp_path / OTHER, 6)):
        write_picture(path, draw_face(generator, seed, 0.8)[1])
    making = FilmMaking(generator, FilmPlan((64, 64), 2.0), None)
    ((name, film),) = making.make_children(photo, lambda: True).files
    assert name == "children.mp4"
    with av.open(str(film)) as video:
        frames = [torch.from_numpy(frame.to_ndarray(format="rgb24")).float() for frame in video.decode(video=0)]
    # A parent, two children, the other parent, two children; each face stands for a while.
    assert len(frames) == 24
    assert (frames[0] - frames[12]).abs().mean() > 5
    asked = iter((True, True, False))
    with pytest.raises(ClaimLostError):
        making.make_children(photo, lambda: next(asked))
