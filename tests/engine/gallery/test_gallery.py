"""A gallery: what it keeps, finds, refuses and forgets."""

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from likeness.errors import GalleryError
from likeness.files import sqlite
from likeness.gallery import Gallery, NewFace

Maker = Callable[..., NewFace]


def everything(folder: Path) -> bytes:
    """Return the bytes of all files of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_was_added_comes_back_whole(gallery: Gallery, new_face: Maker) -> None:
    anna, seven = new_face(1, name="anna"), new_face(2, name="seed 7", seed=7, consent="", photo=None)
    assert gallery.add([anna, seven]) == [1, 2]
    first, second = gallery.search(anna.embedding, k=2)
    assert (first.name, first.distance) == ("anna", 0.0)
    assert first.record.consent == anna.consent
    assert first.latent is not None
    assert anna.latent is not None
    assert torch.equal(first.latent, anna.latent)
    assert first.jpeg == anna.jpeg
    assert first.picture().shape == (256, 256, 3)
    assert (second.record.seed, second.record.weights, second.record.consent) == (7, "toy", "")
    assert second.distance == pytest.approx(float(np.linalg.norm(anna.embedding - seven.embedding)), rel=1e-6)


def test_a_latent_of_equal_layers_and_no_latent_come_back_too(gallery: Gallery, new_face: Maker) -> None:
    latent = torch.randn(1, 512).expand(18, 512)
    gallery.add([new_face(1, latent=latent), new_face(2, latent=None)])
    with_one, without = (gallery.search(new_face(number).embedding)[0] for number in (1, 2))
    assert with_one.latent is not None
    assert torch.equal(with_one.latent, latent)
    assert without.latent is None


def test_the_farthest_is_the_bad_news(gallery: Gallery, new_face: Maker) -> None:
    faces = [new_face(number) for number in range(1, 41)]
    gallery.add(faces)
    query = new_face(99).embedding
    apart = sorted(faces, key=lambda face: float(np.linalg.norm(face.embedding - query)))
    assert [match.name for match in gallery.search(query, k=3)] == [face.name for face in apart[:3]]
    assert [match.name for match in gallery.search(query, k=3, farthest=True)] == [face.name for face in apart[:-4:-1]]


@pytest.mark.parametrize("consent", ["", "   "])
def test_a_real_persons_face_is_refused_without_consent_and_nothing_of_it_is_kept(
    consent: str, gallery: Gallery, new_face: Maker
) -> None:
    face = new_face(1, consent=consent)
    with pytest.raises(GalleryError, match="--consent"):
        gallery.add([new_face(2), face])
    assert len(gallery) == 0
    assert face.embedding.tobytes() not in everything(gallery.folder)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": " "}, "name"),
        ({"embedding": np.zeros(64, np.float32)}, "128"),
        ({"embedding": np.full(128, np.nan, np.float32)}, "finite"),
        ({"latent": torch.zeros(16)}, "num_ws"),
    ],
)
def test_a_face_that_could_not_be_found_again_is_refused(
    wrong: dict[str, object], told: str, gallery: Gallery, new_face: Maker
) -> None:
    with pytest.raises(GalleryError, match=told):
        gallery.add([new_face(1, **wrong)])
    assert len(gallery) == 0


def test_the_same_photo_and_the_same_seed_are_kept_once(gallery: Gallery, new_face: Maker) -> None:
    photo, drawn = new_face(1), new_face(2, seed=5, photo=None)
    assert gallery.add([photo, drawn, photo]) == [1, 2]
    assert gallery.add([drawn, photo, new_face(3)]) == [3]
    assert gallery.add([new_face(4, seed=5, photo=None, weights="others")]) == [4]
    assert len(gallery) == 4


@pytest.mark.parametrize("wrong", [np.zeros(64), np.full(128, np.inf), np.zeros((1, 128))])
def test_a_search_by_no_embedding_is_refused(wrong: np.ndarray, gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="128 finite numbers"):
        gallery.search(wrong)
    with pytest.raises(GalleryError, match="begins at 1"):
        gallery.search(np.zeros(128, np.float32), k=0)


def test_an_empty_gallery_finds_nobody(gallery: Gallery) -> None:
    assert gallery.search(np.zeros(128, np.float32), k=3) == []
    assert gallery.records() == []


def test_a_folder_without_a_gallery_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="build --from-model"):
        Gallery.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_another_version_another_program_and_another_embedder_are_refused(tmp_path: Path) -> None:
    Gallery.open(tmp_path / "old", create=True).close()
    with sqlite3.connect(tmp_path / "old" / "gallery.db") as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(GalleryError, match="version 7"):
        Gallery.open(tmp_path / "old")
    (tmp_path / "other").mkdir()
    with sqlite3.connect(tmp_path / "other" / "gallery.db") as database:
        database.execute("CREATE TABLE songs (title)")
    database.close()
    with pytest.raises(GalleryError, match="another program"):
        Gallery.open(tmp_path / "other")
    Gallery.open(tmp_path / "sface", create=True, embedder="sface").close()
    with pytest.raises(GalleryError, match="cannot be compared"):
        Gallery.open(tmp_path / "sface")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "gallery.db").write_bytes(b"no database" * 1000)
    with pytest.raises(GalleryError, match="not a database"):
        Gallery.open(tmp_path / "broken")


def test_embeddings_that_are_missing_are_told_of(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(1), new_face(2)])
    gallery.close()
    os.truncate(gallery.folder / "embeddings.f32", 512)
    with Gallery.open(gallery.folder) as again, pytest.raises(GalleryError, match="holds 1 embeddings"):
        len(again)


def test_a_removed_face_is_gone_from_the_bytes_of_every_file(gallery: Gallery, new_face: Maker) -> None:
    gone = [new_face(number, name=f"Annabella {number}") for number in range(1, 60, 2)]
    kept = [new_face(number) for number in range(2, 61, 2)]
    for pair in zip(gone, kept, strict=True):
        gallery.add(pair)
    traces = [
        trace
        for face in gone
        for trace in (
            face.jpeg[600:664],
            face.embedding.tobytes()[:64],
            face.latent.numpy().tobytes()[:64],  # type: ignore[union-attr]
            face.name.encode() + b"toy",
            str(face.photo).encode(),
        )
    ]
    before = everything(gallery.folder)
    assert sum(trace in before for trace in traces) > 4 * len(gone) - 1
    numbers = [record.number for face in gone for record in gallery.records(face.name)]
    assert gallery.remove(numbers) == 30
    after = everything(gallery.folder)
    assert [trace for trace in traces if trace in after] == []
    assert b"Annabella" not in after
    # And the others are there, each at its embedding.
    assert [gallery.search(face.embedding)[0].name for face in kept] == [face.name for face in kept]
    assert all(face.embedding.tobytes() in after for face in kept)


def test_a_number_never_comes_back_and_a_free_row_does(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(1), new_face(2)])
    gallery.remove([2])
    size = (gallery.folder / "embeddings.f32").stat().st_size
    assert gallery.add([new_face(3)]) == [3]
    assert (gallery.folder / "embeddings.f32").stat().st_size == size
    assert [match.name for match in gallery.search(new_face(3).embedding, k=5)] == ["face 3", "face 1"]


def test_what_one_program_adds_and_removes_another_sees_at_once(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(1)])
    with Gallery.open(gallery.folder) as other:
        assert len(other) == 1
        gallery.add([new_face(2)])
        assert other.search(new_face(2).embedding)[0].name == "face 2"
        other.remove([1])
        assert [match.name for match in gallery.search(new_face(1).embedding, k=5)] == ["face 2"]


def test_many_threads_search_while_one_adds(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(number) for number in range(20)])

    def search(number: int) -> bool:
        return gallery.search(new_face(number).embedding)[0].name == f"face {number}"

    with ThreadPoolExecutor(4) as pool:
        searches = pool.map(search, [number % 20 for number in range(80)])
        for number in range(20, 30):
            gallery.add([new_face(number)])
        assert all(searches)
    assert len(gallery) == 30


def test_a_removal_beside_somebody_who_reads_says_so_and_is_finished_later(
    gallery: Gallery, new_face: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = new_face(1, name="Annabella")
    gallery.add([gone, new_face(2)])
    gallery.close()
    monkeypatch.setattr(sqlite, "PATIENCE_MS", 50)
    reader = sqlite3.connect(gallery.folder / "gallery.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM faces").fetchone()
    with Gallery.open(gallery.folder) as again:
        with pytest.raises(GalleryError, match="likeness gallery remove"):
            again.remove([1])
        assert [record.name for record in again.records()] == ["face 2"]
        assert b"Annabella" in everything(gallery.folder)
        reader.execute("COMMIT")
        reader.close()
        assert again.remove([]) == 0
    assert b"Annabella" not in everything(gallery.folder)
    assert gone.jpeg[600:664] not in everything(gallery.folder)


def test_only_its_keeper_may_look_into_a_new_gallery(gallery: Gallery) -> None:
    if os.name != "posix":
        pytest.skip("other systems keep their own rights")
    assert gallery.folder.stat().st_mode & 0o077 == 0


def test_photos_that_were_looked_at_are_known(gallery: Gallery, new_face: Maker) -> None:
    face = new_face(1)
    gallery.add([face], refusals={"f" * 64: "no face in it"})
    assert gallery.find_processed([str(face.photo), "f" * 64, "e" * 64]) == {face.photo, "f" * 64}
    assert gallery.refusals() == {"f" * 64: "no face in it"}


@pytest.mark.parametrize("wrong", [{"name": "zo\udceb"}, {"consent": "agreed\udcff"}])
def test_words_that_are_no_text_are_refused_before_anything_is_written(
    gallery: Gallery, new_face: Maker, wrong: dict[str, str]
) -> None:
    with pytest.raises(GalleryError, match="no UTF-8"):
        gallery.add([new_face(1), new_face(2, **wrong)])
    assert len(gallery) == 0
    assert not (gallery.folder / "embeddings.f32").exists()


def test_latents_come_by_name(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(1, name="anna"), new_face(2, name="anna"), new_face(3, name="bert", latent=None)])
    assert [float(latent[0, 0]) for latent in gallery.latents("anna")] == [
        float(new_face(number).latent[0, 0])  # type: ignore[index]
        for number in (1, 2)
    ]
    with pytest.raises(GalleryError, match="has no latent"):
        gallery.latents("bert")
    with pytest.raises(GalleryError, match="no face 'carl'"):
        gallery.latents("carl")
