"""A photo read as a visitor: the face in it, its latent, and whom it resembles most and least."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from likeness.encoders.open_encoder import Encoder, open_encoder_for
from likeness.errors import LikenessError, WeightsError
from likeness.faces.detect import Detector
from likeness.faces.embed import Embedding
from likeness.faces.photo import read_photo
from likeness.faces.portrait import find_portrait
from likeness.faces.recogniser import FaceRecogniser
from likeness.faces.resize import resize
from likeness.gallery import Gallery
from likeness.generator import Generator
from likeness.lookalike.face_reader import FaceReader
from likeness.lookalike.films import FilmMaker
from likeness.lookalike.matcher import Matcher
from likeness.lookalike.messages import MatchRequest, VisionConfig
from likeness.lookalike.search_queue import MEAN_STEPS
from likeness.lookalike.visitor import Match
from likeness.picture import Picture, resize_images, to_tensor
from likeness.projection.loss import face_mask, open_feature_net
from likeness.projection.search import project


@dataclass(frozen=True, eq=False)
class PhotoVisitor:
    """What films of a photo are made of.

    Attributes:
        portrait: `[side, side, 3]`, aligned.
        latent: `[num_ws, w_dim]`.
        nearest, farthest: whom they resemble most and least, each with a latent.
        notes: what speaks against the photo, in words.
    """

    portrait: Picture = field(repr=False)
    latent: Tensor = field(repr=False)
    nearest: Match
    farthest: Match
    notes: tuple[str, ...] = ()


class PhotoVisitorReader:
    """Reads photos; opening what that needs takes some seconds. One thread. It keeps nothing and writes nothing.

    Args:
        generator: opened from a file.
        films: draws those that are matched.
        gallery: folder of the known faces; None matches with the generator's own people.
        side: of the portraits, in px.
        steps: of the search for each latent; 0 leaves the encoder's guess.

    Raises:
        LikenessError: there is no such gallery, or nobody in it.
    """

    def __init__(self, generator: Generator, films: FilmMaker, gallery: Path | None, side: int, steps: int) -> None:
        if generator.info.weights is None:
            raise WeightsError("this generator was not opened from a file; visitors need one that was")
        if gallery is not None:
            with Gallery.open(gallery) as known:
                if not len(known):
                    raise LikenessError(f"there is nobody in the gallery {gallery}; add people: likeness gallery add")
        self._generator, self._films, self._side, self._drawn = generator, films, side, gallery is None
        self._detector, self._recogniser = Detector(), FaceRecogniser()
        self._matcher = Matcher(VisionConfig(generator.info.weights, gallery, side), FaceReader(side))
        self._encoder: Encoder | None = None
        try:
            self._encoder = open_encoder_for(generator)
        except WeightsError:
            # From the mean a search shows the person after so many steps.
            steps = max(steps, MEAN_STEPS)
        self._steps = steps
        self._feature_net = open_feature_net(device=generator.mean.device) if steps else None

    def read(self, photo: Path) -> PhotoVisitor:
        """Read a photo: half a second, and the search.

        Raises:
            PhotoError: it cannot be read, or there is no face in it.
            LikenessError: nobody is there to be matched with.
        """
        picture = read_photo(photo)
        found = find_portrait(picture, self._detector, self._side, str(photo))
        embedding = self._recogniser.embed(picture, found.face)
        latent = self.find_latent(found.picture)
        nearest, farthest = (self._match(embedding, farthest=farthest) for farthest in (False, True))
        return PhotoVisitor(found.picture, latent, nearest, farthest, found.notes)

    def read_latent(self, photo: Path) -> Tensor:
        """Return the latent `[num_ws, w_dim]` of the face in a photo, who is matched with nobody.

        Raises:
            PhotoError: it cannot be read, or there is no face in it.
        """
        return self.find_latent(find_portrait(read_photo(photo), self._detector, self._side, str(photo)).picture)

    def find_latent(self, portrait: Picture) -> Tensor:
        """Return the latent `[num_ws, w_dim]` of an aligned picture `[size, size, 3]`."""
        generator, size = self._generator, self._generator.info.resolution
        target = resize_images(to_tensor(portrait).to(generator.mean), size)
        with torch.inference_mode():
            start = None if self._encoder is None else self._encoder.encode(target)
        if not self._steps and start is not None:
            return start[0].to(generator.mean)
        steps = project(
            generator, target, start=start, steps=self._steps, mask=face_mask(size, target.device),
            feature_net=self._feature_net,
        )  # fmt: skip
        (last,) = deque(steps, maxlen=1)
        return last.latent[0]

    def _match(self, embedding: Embedding, *, farthest: bool) -> Match:
        while self._matcher.drawing:
            self._matcher.draw_next()
        reply = self._matcher.match(MatchRequest(0, 0, embedding, farthest))
        if reply.picture is None:
            raise LikenessError("nobody is there to be matched with; name a gallery with people: --gallery FOLDER")
        match = Match(reply.name, reply.distance, resize(reply.picture, self._side))
        if reply.latent is None:
            return replace(match, latent=self.find_latent(reply.picture))
        latent = torch.from_numpy(reply.latent).to(self._generator.mean)
        # Who is drawn has no picture but the drawing, and the matcher's is only as large as an embedding needs.
        return replace(match, latent=latent, picture=self._films.draw(latent) if self._drawn else match.picture)
