"""Photos projected to latents by search, with their pictures and the video of the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import torch
from torch import Tensor

from likeness.encoders.open_encoder import open_encoder_for
from likeness.errors import LikenessError
from likeness.faces.photo import read_photo
from likeness.faces.resize import resize
from likeness.files.free_name import claimed, number_after
from likeness.generator import Generator
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture, sheet, to_picture, to_tensor, write_picture
from likeness.projection.chain import chain_searches
from likeness.projection.loss import face_mask, open_feature_net
from likeness.projection.search import Step, project
from likeness.toolkit.latent_file import write_latent

OnStep = Callable[[str, Step], None]
CHAIN = "chain.mp4"


@dataclass(frozen=True)
class ProjectionPlan:
    """How to search, and what to show of it.

    Args:
        start: "encoder" or "mean".
        steps: of each search, at most.
        every: steps between two frames of the video.
        fps: of the video.
        patience: steps without a better loss after which a search ends; 0 never.
        noise: search for the noise maps too, where the family has them.
        aligned: the photos are cut square around the face already.
        seed: of what is drawn at random.
        chain: from face to face, in one video.
        force: replace files that are there.
    """

    start: str = "encoder"
    steps: int = 200
    every: int = 5
    fps: float = 24.0
    patience: int = 0
    noise: bool = False
    aligned: bool = False
    seed: int = 0
    chain: bool = False
    force: bool = False


@dataclass(frozen=True)
class PhotoTarget:
    """A photo as it is searched for.

    Args:
        name: of the photo.
        picture: `[size, size, 3]`, aligned.
        files: what is written of it: latent, result, photo and result side by side, and the video unless in a chain.
        notes: what its sender should know.
    """

    name: str
    picture: Picture
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()

    def to_target(self, like: Tensor) -> Tensor:
        """Return it as `[1, 3, size, size]` in [-1, 1]."""
        return to_tensor(self.picture).to(like)


class PhotoProjection(AbstractContextManager["PhotoProjection"]):
    """Searches photo after photo and writes what comes of it, by names that no file has yet.

    Args:
        generator: of any family.
        plan: how.
        folder: gets the files.
        tell: called with the photo's name at every step.

    Attributes:
        chain_file: the video of a chain.

    Raises:
        WeightsError: the plan starts at an encoder and there is none.
    """

    def __init__(
        self, generator: Generator, plan: ProjectionPlan, folder: Path, tell: OnStep = lambda _name, _step: None
    ) -> None:
        self._generator, self._plan, self._folder, self._on_step = generator, plan, folder, tell
        self._size = generator.info.resolution
        self._encoder = open_encoder_for(generator) if plan.start == "encoder" else None
        self._feature_net = open_feature_net(device=generator.mean.device)
        self._mask = face_mask(self._size, generator.mean.device)
        self._claims = ExitStack()
        self.chain_file = folder / CHAIN

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._claims.close()

    def read_targets(self, photos: Sequence[Path]) -> tuple[list[PhotoTarget], list[LikenessError]]:
        """Return the portraits in photos, and why some have none.

        Raises:
            LikenessError: two photos would be one file, or a photo would be written over.
        """
        names = [photo.stem for photo in photos]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise LikenessError(f"several photos are called {twice[0]} and would be one file; take them one at a time")
        portraits: list[PhotoTarget] = []
        refused: list[LikenessError] = []
        for photo in photos:
            if photo.resolve() in {path.resolve() for path in [*self._output_files(photo.stem), self.chain_file]}:
                raise LikenessError(f"{photo} is the photo itself and would be lost; name another folder with -o")
            try:
                portraits.append(self._read_target(photo))
            except LikenessError as error:
                refused.append(error)
        if portraits and self._plan.chain:
            self.chain_file = self._claim([self.chain_file], CHAIN.partition(".")[0])[0]
        return portraits, refused

    def project_each(self, portraits: Sequence[PhotoTarget]) -> Iterator[str]:
        """Search for every portrait by itself, with a video each; yield a line for each."""
        for portrait in portraits:
            steps = list(self._search(portrait.name, self._to_target(portrait), self._encode(portrait)))
            latents = torch.cat([step.latent for step in steps])
            self._write(portrait, latents)
            with closing(self._open_video(portrait.files[-1])) as video:
                self._write_frames(video, latents, whole=True)
            yield f"{portrait.name}: {steps[-1].number} steps, loss {steps[0].loss:.3f} to {steps[-1].loss:.3f}"

    def project_chain(self, portraits: Sequence[PhotoTarget]) -> Iterator[str]:
        """Search from face to face in a loop, in one video whose last frame is its first; yield a line for each."""
        targets = [self._to_target(portrait) for portrait in portraits]
        by_target = {id(target): portrait for target, portrait in zip(targets, portraits, strict=True)}

        def search(target: Tensor, start: Tensor | None) -> Iterator[Step]:
            portrait = by_target[id(target)]
            return self._search(portrait.name, target, self._encode(portrait) if start is None else start)

        with closing(self._open_video(self.chain_file)) as video:
            for link in chain_searches(targets, search):
                portrait = portraits[link.index]
                self._write(portrait, link.latents)
                self._write_frames(video, link.latents, whole=link.index == 0)
                yield f"{portrait.name}: {len(link.latents) - 1} steps, loss {link.loss:.3f}"

    def _to_target(self, portrait: PhotoTarget) -> Tensor:
        return portrait.to_target(self._generator.mean)

    def _encode(self, portrait: PhotoTarget) -> Tensor | None:
        return None if self._encoder is None else self._encoder.encode(self._to_target(portrait))

    def _search(self, name: str, target: Tensor, start: Tensor | None) -> Iterator[Step]:
        plan = self._plan
        steps = project(
            self._generator, target, start=start, steps=plan.steps, mask=self._mask, feature_net=self._feature_net,
            noise=plan.noise, patience=plan.patience, seed=plan.seed,
        )  # fmt: skip
        for step in steps:
            self._on_step(name, step)
            yield step

    def _read_target(self, photo: Path) -> PhotoTarget:
        picture = read_photo(photo)
        if not self._plan.aligned:
            from likeness.faces.detect import Detector
            from likeness.faces.portrait import find_portrait

            found = find_portrait(picture, Detector(), self._size, str(photo))
            return PhotoTarget(photo.stem, found.picture, self._claim_files(photo.stem), found.notes)
        height, width = picture.shape[:2]
        if height != width:
            raise LikenessError(f"{photo} is {width} x {height} px; aligned photos are square, so leave out --aligned")
        return PhotoTarget(photo.stem, resize(picture, self._size), self._claim_files(photo.stem))

    def _output_files(self, name: str) -> list[Path]:
        endings = (".safetensors", ".png", "-beside.png", ".mp4")
        return [self._folder / f"{name}{ending}" for ending in (endings[:3] if self._plan.chain else endings)]

    def _claim_files(self, name: str) -> tuple[Path, ...]:
        return tuple(self._claim(self._output_files(name), name))

    def _claim(self, files: list[Path], stem: str) -> list[Path]:
        return self._claims.enter_context(claimed(files, force=self._plan.force, numbering=number_after(stem)))

    def _open_video(self, path: Path) -> VideoOutput:
        return VideoOutput(path, self._plan.fps, offline=True)

    def _write(self, portrait: PhotoTarget, latents: Tensor) -> None:
        """Write latent, reconstruction, and photo, start and result side by side."""
        latent, reconstruction, beside = portrait.files[:3]
        write_latent(latent, latents[-1])
        first, last = self._draw(latents[0]), self._draw(latents[-1])
        write_picture(reconstruction, last)
        write_picture(beside, sheet([portrait.picture, first, last], 3))

    def _write_frames(self, video: VideoOutput, latents: Tensor, *, whole: bool) -> None:
        """Show every so many steps, the last one always; the start only of a `whole` way."""
        last = len(latents) - 1
        numbers = sorted({*range(0, last, self._plan.every), last})
        for number in numbers if whole else numbers[1:]:
            video.show(self._draw(latents[number]), 0.0)

    @torch.inference_mode()
    def _draw(self, latent: Tensor) -> Picture:
        return to_picture(self._generator.synthesize(latent[None]))
