"""Photos into a gallery: each once, in shards, killed and taken up again; and a generator's own population."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.errors import GalleryError
from likeness.faces.photo import read_photo
from likeness.files.paths import find_weights
from likeness.gallery import Gallery, NewFace
from likeness.gallery.add_photos import Shard, add_photos, encode_locally, find_photos
from likeness.gallery.merge import merge
from likeness.gallery.photo_encoder import PhotoEncoder, PhotoReader
from likeness.gallery.population import add_population
from likeness.generator import Generator
from likeness.picture import to_pictures, write_picture

CONSENT = "drawn for a test: nobody"


@pytest.fixture(scope="module")
def generator() -> Generator:
    return open_generator(find_weights("composite-256"))


@pytest.fixture(scope="module")
def photos(generator: Generator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of seven photos, of drawn people: four in the first shard of two, three in the second."""
    folder = tmp_path_factory.mktemp("photos")
    for seed, picture in enumerate(to_pictures(generator.synthesize(generator.sample(range(7)) * 0.8))):
        path = folder / f"person {seed}.png"
        write_picture(path, picture)
        raw = path.read_bytes()
        # What stands behind a PNG's end is no part of the picture, and of the hash it is.
        tails = (raw + bytes([tail]) for tail in range(256))
        path.write_bytes(next(tailed for tailed in tails if Shard(1, 2).holds(sha256(tailed)) == (seed < 4)))
    return folder


@pytest.fixture(scope="module")
def looker() -> PhotoEncoder:
    return PhotoEncoder(None, "", CONSENT)


@pytest.fixture(scope="module")
def eye() -> PhotoReader:
    return PhotoReader()


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def test_everybody_who_was_added_finds_themselves_and_a_second_time_adds_nobody(
    gallery: Gallery, photos: Path, looker: PhotoEncoder, eye: PhotoReader
) -> None:
    tally = add_photos(gallery, find_photos(photos), encode_locally(looker.encode), consent=CONSENT)
    assert (tally.added, tally.known, tally.refused) == (7, 0, {})
    for path in find_photos(photos):
        (match,) = gallery.search(eye.read(read_photo(path), path.name).embedding)
        assert (match.name, match.distance, match.record.consent) == (path.stem, 0.0, CONSENT)
    again = add_photos(gallery, find_photos(photos), encode_locally(looker.encode), consent=CONSENT)
    assert (again.added, again.known) == (0, 7)


def test_a_person_is_found_by_another_photo_of_theirs(
    gallery: Gallery, faces: Path, looker: PhotoEncoder, eye: PhotoReader
) -> None:
    # Held out from training. The other photo: mirrored, darker, smaller, and saved once more.
    held_out = sorted(faces.glob("*.jpg"))[:6]
    tally = add_photos(gallery, held_out, encode_locally(looker.encode), consent="MIT and CC0")
    found = 0
    for path in held_out:
        photo = cv2.resize(read_photo(path)[:, ::-1], (200, 200), interpolation=cv2.INTER_AREA)
        _, coded = cv2.imencode(".jpg", np.asarray(photo * 0.8, np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])
        other = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        found += gallery.search(eye.read(other, path.name).embedding)[0].name == path.stem
    assert tally.added == 6
    assert found == 6


def test_the_latent_of_a_photo_draws_a_face_like_it(
    gallery: Gallery, photos: Path, generator: Generator, eye: PhotoReader
) -> None:
    weights = find_weights("composite-256")
    path = find_photos(photos)[3]
    add_photos(gallery, [path], encode_locally(PhotoEncoder(weights, "anna", CONSENT).encode), consent=CONSENT)
    (latent,) = gallery.latents("anna")
    assert gallery.records()[0].weights == "composite-256"
    (drawn,) = to_pictures(generator.synthesize(latent[None]))
    apart = np.linalg.norm(eye.read(drawn, "drawn").embedding - eye.read(read_photo(path), "photo").embedding)
    assert apart < 0.6


def test_without_consent_nothing_is_even_read(gallery: Gallery, tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="explicit act"):
        add_photos(gallery, [tmp_path / "absent.jpg"], encode_locally(None), consent=" ")  # type: ignore[arg-type]
    assert len(gallery) == 0


def test_photos_that_are_none_and_photos_of_nobody_are_told_and_not_looked_at_again(
    gallery: Gallery, tmp_path: Path, looker: PhotoEncoder
) -> None:
    folder = tmp_path / "photos"
    write_picture(folder / "wall.png", np.random.default_rng(1).integers(90, 110, (300, 300, 3), np.uint8))
    (folder / "empty.jpg").touch()
    (folder / "letter.jpg").write_bytes(b"Dear Anna, " * 50)
    (folder / "notes.txt").write_bytes(b"not a photo, and not called one")
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "x.jpg").touch()
    first = add_photos(gallery, find_photos(folder), encode_locally(looker.encode), consent=CONSENT)
    assert {path.name: reason.split(str(path))[1][:12] for path, reason in first.refused.items()} == {
        "wall.png": " shows no fa",
        "empty.jpg": " is empty; c",
        "letter.jpg": " is no pictu",
    }
    second = add_photos(gallery, find_photos(folder), encode_locally(looker.encode), consent=CONSENT)
    assert (second.known, second.refused) == (3, {})
    # Where the photos were is nobody's business.
    assert not any(str(tmp_path) in reason for reason in gallery.refusals().values())


def test_every_photo_is_in_one_shard_and_the_shards_are_alike_in_size() -> None:
    made_up = [sha256(str(number).encode()) for number in range(4000)]
    for count in (1, 3, 8):
        shards = [Shard.parse(f"{number}/{count}") for number in range(1, count + 1)]
        assert all(sum(shard.holds(photo) for shard in shards) == 1 for photo in made_up)
        sizes = [sum(shard.holds(photo) for photo in made_up) for shard in shards]
        # Five standard deviations of a fair draw.
        assert max(abs(size - 4000 / count) for size in sizes) <= 5 * (4000 / count) ** 0.5


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(GalleryError, match="2/8"):
        Shard.parse(text)


WORKERS = """
import os, signal, sys
from pathlib import Path
import likeness.gallery.add_photos as adding
from likeness.gallery import Gallery
from likeness.gallery.photo_encoder import PhotoEncoder

folder, photos, consent = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
adding.BATCH = 2
for worker, shard, lives in (("a", "1/2", 3), ("b", "2/2", 99), ("a again", "1/2", 99)):
    if worker == "a again":
        # Until both are done: "a" must not find its photos in the gallery already.
        os.wait()
        os.wait()
    if not os.fork():
        encoder, looked = PhotoEncoder(None, "", consent), 0

        def look(photo, path, raw):
            global looked
            if looked == lives:
                os.kill(os.getpid(), signal.SIGKILL)
            looked += 1
            print(worker, photo, flush=True)
            return encoder.encode(photo, path, raw)

        with Gallery.open(folder, create=True) as gallery:
            adding.add_photos(
                gallery, adding.find_photos(photos), adding.encode_locally(look), consent=consent,
                shard=adding.Shard.parse(shard),
            )
        os._exit(0)
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one start of Python serves all the workers by forking")
def test_a_killed_worker_loses_nothing(tmp_path: Path, photos: Path, root: Path) -> None:
    folder = tmp_path / "gallery"
    program = [sys.executable, "-c", WORKERS, str(folder), str(photos), CONSENT]
    environment = os.environ | {"PYTHONPATH": str(root)}
    told = subprocess.run(program, check=True, capture_output=True, text=True, env=environment, timeout=100).stdout
    looked = [line.rsplit(" ", 1) for line in told.splitlines()]
    everything = [sha256(path.read_bytes()) for path in find_photos(photos)]
    with Gallery.open(folder) as gallery:
        assert sorted(gallery.find_processed(everything)) == sorted(everything)
        assert len(gallery) == len(everything)
    # Nobody did another one's work, and what was looked at twice is less than a batch.
    by = {worker: [photo for who, photo in looked if who == worker] for worker in ("a", "b", "a again")}
    assert len(by["a"]) == 3
    assert len(set(by["a"]) & set(by["a again"])) == 1
    assert sorted(by["b"]) == sorted(photo for photo in everything if Shard(2, 2).holds(photo))


def test_a_population_is_drawn_seen_and_goes_on(gallery: Gallery, generator: Generator, eye: PhotoReader) -> None:
    assert add_population(gallery, generator, range(2), psi=1.0) == (2, 0)
    assert add_population(gallery, generator, range(1, 4), psi=1.0) == (2, 0)
    assert [record.seed for record in gallery.records()] == [0, 1, 2, 3]
    assert {record.consent for record in gallery.records()} == {""}
    # The drawing of seed 3, seen through the eye that looks at visitors, is seed 3's.
    (picture,) = to_pictures(generator.synthesize(generator.sample([3])))
    (match,) = gallery.search(eye.read(picture, "seed 3").embedding)
    assert (match.name, match.distance) == ("seed 3", 0.0)
    assert match.latent is not None
    assert torch.equal(match.latent, generator.sample([3])[0])
    assert np.abs(match.picture().astype(float) - picture).mean() < 3


def test_merged_galleries_know_everybody_once_with_consent_and_date(
    gallery: Gallery, tmp_path: Path, new_face: Callable[..., NewFace]
) -> None:
    with Gallery.open(tmp_path / "a", create=True) as a, Gallery.open(tmp_path / "b", create=True) as b:
        a.add([new_face(number, added="2026-01-02T03:04:05+00:00") for number in range(300)], {"f" * 64: "no face"})
        b.add([new_face(number) for number in range(290, 310)])
        a.remove([5])
    assert merge(gallery, [tmp_path / "a", tmp_path / "b"]) == 309
    assert merge(gallery, [tmp_path / "b", tmp_path / "a"]) == 0
    (match,) = gallery.search(new_face(7).embedding)
    assert (match.name, match.record.consent) == ("face 7", "agreed, form 7")
    assert match.record.added == "2026-01-02T03:04:05+00:00"
    assert match.jpeg == new_face(7).jpeg
    assert gallery.search(new_face(4).embedding)[0].name != "face 4"
    assert gallery.refusals() == {"f" * 64: "no face"}
    with pytest.raises(GalleryError, match="the gallery itself"):
        merge(gallery, [gallery.folder])
