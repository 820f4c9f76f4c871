"""The pictures of a run: what a folder or a tar file may hold, and an order that repeats and is shared."""

import base64
import io
import json
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.engine.drawn_faces import drawn_face, write_faces

from likeness.errors import TrainingError
from likeness.picture import to_pictures
from likeness.training.dataset import Dataset, open_dataset, read_dataset, to_images
from likeness.training.run import RunFolder
from likeness.training.settings import Settings

CPU = torch.device("cpu")
# 16 x 16 px of cyan 0, magenta 200, yellow 200, black 30, as printers and image editors write it.
CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+"
    "WmFaUGBKUVJP/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAAGB//EABQQAQAAAAAAAAAAAAAAAAAAAAD/"
    "2gAOBEMATQBZAEsAAD8A05JJJeAAAAP/2Q=="
)


def dataset_of(folder: Path, source: Path, min_pictures: int = 1, **settings: object) -> Dataset:
    wanted = Settings("toy", str(source), **{"size": 32, "steps": 1, **settings})  # type: ignore[arg-type]
    run = RunFolder.begin(folder, wanted)
    read_dataset(run, min_pictures)
    return open_dataset(run)


def numbered(count: int, **settings: int | bool) -> Dataset:
    """Return pictures that are their number, one pixel each."""
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
    return Dataset(pixels, **{"hold_out": 0, "seed": 0, "flips": False, **settings})  # type: ignore[arg-type]


def numbers(batch: torch.Tensor) -> list[int]:
    return [int(picture[0, 0, 0]) for picture in to_pictures(batch)]


def test_each_epoch_shows_every_picture_once_in_an_order_of_its_own() -> None:
    photos = numbered(10)
    shown = [number for step in range(5) for number in numbers(photos.batch(step, 4, CPU))]
    assert sorted(shown[:10]) == sorted(shown[10:]) == list(range(10))
    assert shown[:10] != shown[10:]


def test_the_order_needs_no_history() -> None:
    whole = numbered(10)
    steps = [numbers(whole.batch(step, 4, CPU)) for step in range(9)]
    assert numbers(numbered(10).batch(8, 4, CPU)) == steps[8]
    assert numbers(numbered(10, seed=1).batch(8, 4, CPU)) != steps[8]


def test_processes_show_together_what_one_would() -> None:
    photos = numbered(50)
    shares = [numbers(photos.batch(3, 12, CPU, rank, 3)) for rank in range(3)]
    assert [number for share in shares for number in share] == numbers(photos.batch(3, 12, CPU))


def test_what_is_held_out_is_never_trained_on() -> None:
    photos = numbered(10, hold_out=3)
    shown = Counter(number for step in range(14) for number in numbers(photos.batch(step, 2, CPU)))
    assert shown == dict.fromkeys(range(3, 10), 4)
    held_out = photos.held_out(CPU)
    assert held_out is not None
    assert numbers(held_out) == [0, 1, 2]


def test_pairs_are_two_pictures_of_a_folder_and_never_one_twice() -> None:
    pixels = np.arange(9, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
    names = ["a/0", "a/1", "a/2", "b/3", "b/4", "alone/5", "c/6", "c/7", "c/8"]
    photos = Dataset(pixels, 1, 0, flips=False, names=names)
    pairs = torch.cat([photos.pairs(step, 4, CPU) for step in range(60)])
    shown = list(zip(numbers(pairs[:, :3]), numbers(pairs[:, 3:]), strict=True))
    # The first is held out, and what is alone in its folder has nobody.
    classes = [(1, 2), (3, 4), (6, 7, 8)]
    assert set(shown) == {(one, other) for own in classes for one in own for other in own if one != other}
    first = numbers(photos.batch(0, 4, CPU))
    assert [one for (one, _), number in zip(shown, first, strict=False) if number != 5] == [n for n in first if n != 5]
    assert torch.equal(photos.pairs(7, 4, CPU), pairs[28:32])
    assert torch.equal(torch.cat([photos.pairs(7, 4, CPU, rank, 2) for rank in range(2)]), pairs[28:32])


def test_both_pictures_of_a_pair_are_mirrored_or_none() -> None:
    row = np.arange(4, dtype=np.uint8)[None, None, :, None].repeat(3, 3).repeat(40, 0)
    pairs = Dataset(row, 0, 0, flips=True, names=["a/x"] * 20 + ["b/x"] * 20).pairs(0, 40, CPU)
    assert torch.equal(pairs[:, :3], pairs[:, 3:])
    assert 5 < sum(float(pair[0, 0, 0]) > float(pair[0, 0, 3]) for pair in pairs) < 35


def test_about_half_of_the_pictures_are_mirrored() -> None:
    row = np.arange(4, dtype=np.uint8)[None, None, :, None].repeat(3, 3).repeat(400, 0)
    batch = to_pictures(Dataset(row, 0, 0, flips=True).batch(0, 400, CPU))
    straight = sum(list(picture[0, :, 0]) == [0, 1, 2, 3] for picture in batch)
    assert sum(list(picture[0, :, 0]) == [3, 2, 1, 0] for picture in batch) == 400 - straight
    assert 150 < straight < 250


def test_bytes_come_back_as_they_were() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, 3)
    images = to_images(levels, CPU)
    assert (float(images.min()), float(images.max())) == (-1.0, 1.0)
    assert np.array_equal(to_pictures(images)[0], levels[0])


def test_mixed_sizes_grey_deep_and_sub_folders_all_become_squares_in_colour(tmp_path: Path) -> None:
    face = drawn_face(5, 96)
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "in" / "a_plain.png"), face)
    cv2.imwrite(str(tmp_path / "in" / "b_wide.png"), cv2.copyMakeBorder(face, 0, 0, 30, 30, cv2.BORDER_CONSTANT))
    cv2.imwrite(str(tmp_path / "in" / "c_deep.png"), face.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "in" / "deeper" / "d_grey.png"), face[..., 1])
    photos = dataset_of(tmp_path / "run", tmp_path / "in")
    plain, wide, deep, grey = to_pictures(photos.first(4, CPU))
    wanted = cv2.cvtColor(cv2.resize(face, (32, 32), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    for picture in (plain, wide, deep):
        assert np.abs(picture.astype(int) - wanted).max() <= 1
    assert np.abs(grey.astype(int) - wanted[..., 1:2]).max() <= 1


def test_cmyk_becomes_the_colour_that_it_prints(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "print.jpg").write_bytes(CMYK)
    colour = to_pictures(dataset_of(tmp_path / "run", tmp_path / "in", size=16).first(1, CPU))[0].mean((0, 1))
    # (1 - ink) (1 - black): 225, 48.5, 48.5.
    assert colour == pytest.approx([225.0, 48.5, 48.5], abs=6)


def test_transparent_parts_become_grey_and_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    cut_out = np.full((32, 32, 4), (0, 255, 0, 0), np.uint8)  # editors leave any colour below what is cut away
    cut_out[:, 16:] = (255, 0, 0, 255)
    cv2.imwrite(str(tmp_path / "in" / "a.png"), cut_out)
    cv2.imwrite(str(tmp_path / "in" / "b.png"), np.full((32, 32, 4), 255, np.uint8))
    picture, opaque = to_pictures(dataset_of(tmp_path / "run", tmp_path / "in").first(2, CPU))
    assert (picture[:, :16] == 128).all()
    assert (picture[:, 16:] == (0, 0, 255)).all()
    assert (opaque == 255).all()
    assert [record.getMessage() for record in caplog.records if "transparent" in record.getMessage()] == [
        f"{tmp_path / 'in'}: parts of 1 pictures are transparent and are laid over grey"
    ]


def test_shards_of_tar_files_give_what_the_folder_gives(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 6, 40)
    files = sorted((tmp_path / "in").iterdir())
    (tmp_path / "shards").mkdir()
    for number in range(2):
        kind = ("w:gz", "w")[number]
        with tarfile.open(tmp_path / "shards" / f"{number:05d}.tar{'.gz' if number == 0 else ''}", kind) as shard:
            for file in files[3 * number : 3 * number + 3]:
                shard.add(file, file.name)
                label = tarfile.TarInfo(f"{file.stem}.json")
                label.size = 2
                shard.addfile(label, io.BytesIO(b"{}"))
    from_folder = dataset_of(tmp_path / "a", tmp_path / "in")
    from_shards = dataset_of(tmp_path / "b", tmp_path / "shards")
    one_shard = dataset_of(tmp_path / "c", tmp_path / "shards" / "00001.tar")
    assert from_folder.count == from_shards.count == 6
    assert torch.equal(from_folder.first(6, CPU), from_shards.first(6, CPU))
    assert torch.equal(one_shard.first(3, CPU), from_folder.first(6, CPU)[3:])


def test_a_zip_data_set_of_stylegan_gives_what_the_folder_gives(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 6, 40)
    files = sorted((tmp_path / "in").iterdir())
    labels = {"labels": [[f"00000/img{number:08d}.png", number % 2] for number in range(6)]}
    # As its dataset_tool writes it: stored, numbered, with labels; the order of the members is not that of the names.
    with zipfile.ZipFile(tmp_path / "Dataset.ZIP", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("dataset.json", json.dumps(labels))
        for number, file in reversed(list(enumerate(files))):
            archive.write(file, f"00000/img{number:08d}.png")
        archive.writestr("__MACOSX/00000/._img00000000.png", b"resource fork")
    reports: list[tuple[int, int]] = []
    run = RunFolder.begin(tmp_path / "b", Settings("toy", str(tmp_path / "Dataset.ZIP"), size=32, steps=1))
    read_dataset(run, 6, lambda _stage, done, total: reports.append((done, total)))
    assert reports == [(done, 6) for done in range(1, 7)]
    from_folder, from_zip = dataset_of(tmp_path / "a", tmp_path / "in"), open_dataset(run)
    assert from_zip.count == 6
    assert torch.equal(from_zip.first(6, CPU), from_folder.first(6, CPU))
    (tmp_path / "zips").mkdir()
    (tmp_path / "Dataset.ZIP").rename(tmp_path / "zips" / "0.zip")
    assert dataset_of(tmp_path / "c", tmp_path / "zips").count == 6


def test_a_torn_an_encrypted_and_a_corrupt_zip_are_named(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 2, 40)
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        for file in (tmp_path / "in").iterdir():
            archive.write(file, file.name)
    raw = (tmp_path / "whole.zip").read_bytes()
    central = raw.index(b"PK\x01\x02")
    corrupt = bytearray(raw)
    corrupt[200] ^= 0xFF
    # Bit 0 of the flags of the first member in the central directory.
    encrypted = bytearray(raw)
    encrypted[central + 8] |= 1
    for name, content, says in (
        ("torn", raw[: len(raw) // 2], "is not a whole zip file"),
        ("corrupt", bytes(corrupt), "is not a whole zip file .*CRC"),
        ("encrypted", bytes(encrypted), "is encrypted; unpack it"),
    ):
        (tmp_path / f"{name}.zip").write_bytes(content)
        with pytest.raises(TrainingError, match=rf"{name}\.zip {says}"):
            dataset_of(tmp_path / name, tmp_path / f"{name}.zip")


def test_editors_copies_and_what_macos_adds_are_not_trained_on(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 4, 40)
    raw = (tmp_path / "in" / "000.png").read_bytes()
    for name in ("000.png~", ".hidden.png", "__MACOSX/._000.png", "__MACOSX/000.png", "000.png.bak"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(raw)
    with tarfile.open(tmp_path / "in.tar", "w") as shard:
        shard.add(tmp_path / "in", "in")
    assert dataset_of(tmp_path / "folder", tmp_path / "in").count == 4
    assert dataset_of(tmp_path / "tar", tmp_path / "in.tar").count == 4


def test_a_torn_shard_is_named(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 6, 40)
    with tarfile.open(tmp_path / "whole.tar", "w") as shard:
        shard.add(tmp_path / "in", "in")
    (tmp_path / "torn.tar").write_bytes((tmp_path / "whole.tar").read_bytes()[:9000])
    with pytest.raises(TrainingError, match=r"torn\.tar is not a whole tar file .*; copy it again"):
        dataset_of(tmp_path / "run", tmp_path / "torn.tar")


def test_three_pictures_are_too_few_and_the_line_says_how_many_are_wanted(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 3)
    with pytest.raises(TrainingError, match="holds 3 pictures to train with, 12 are wanted"):
        dataset_of(tmp_path / "run", tmp_path / "in", min_pictures=12)


def test_a_folder_of_texts_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(20):
        (tmp_path / "in" / f"{number}.txt").write_text("not a face")
    with pytest.raises(TrainingError, match=r"holds 0 pictures .*20 files were no pictures"):
        dataset_of(tmp_path / "run", tmp_path / "in", min_pictures=12)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
PAGE = b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><head><title>Google Drive - Virus scan warning</title></head></html>"


@pytest.mark.parametrize("name", ["faces.zip", "faces.tar", "faces.tgz", "faces", "00/faces.zip"])
@pytest.mark.parametrize(("raw", "says"), [(LFS, r"a Git LFS pointer .*git lfs pull"), (PAGE, r"a web page .*browser")])
def test_a_source_that_was_never_downloaded_is_called_that(tmp_path: Path, name: str, raw: bytes, says: str) -> None:
    (tmp_path / "in" / name).parent.mkdir(parents=True)
    (tmp_path / "in" / name).write_bytes(raw)
    source = tmp_path / "in" if "/" in name else tmp_path / "in" / name
    with pytest.raises(TrainingError, match=rf"{name} is {says}"):
        dataset_of(tmp_path / "run", source)


def test_pictures_that_were_never_downloaded_and_formats_that_are_not_read_are_counted_by_name(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 3)
    for number in range(7):
        (tmp_path / "in" / f"pointer{number}.jpg").write_bytes(LFS)
    (tmp_path / "in" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (tmp_path / "in" / "notes.txt").write_text("words")
    says = r"holds 3 .* \(9 files were no pictures: 7 x a Git LFS pointer .*, 1 x HEIC\)"
    with pytest.raises(TrainingError, match=says):
        dataset_of(tmp_path / "run", tmp_path / "in", min_pictures=12)


def test_an_address_on_the_web_is_called_that(tmp_path: Path) -> None:
    source = Path("https://example.org/faces.zip").resolve()
    with pytest.raises(TrainingError, match=r"faces\.zip is on the web; download it"):
        dataset_of(tmp_path / "run", source)


def test_no_folder_is_named_in_the_fault(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no folder .*nowhere"):
        dataset_of(tmp_path / "run", tmp_path / "nowhere")


def test_what_was_read_once_is_not_read_again(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 4)
    first = dataset_of(tmp_path / "run", tmp_path / "in").first(4, CPU)
    for file in (tmp_path / "in").iterdir():
        file.unlink()
    run = RunFolder.open(tmp_path / "run")
    read_dataset(run, 1)
    assert torch.equal(open_dataset(run).first(4, CPU), first)


def test_pixels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", 4)
    dataset_of(tmp_path / "run", tmp_path / "in")
    (tmp_path / "run" / "pictures.rgb").write_bytes(b"short")
    with pytest.raises(TrainingError, match=r"pictures\.rgb is not what was read for this run"):
        open_dataset(RunFolder.open(tmp_path / "run"))


def test_faces_are_cut_around_where_they_are(tmp_path: Path, faces: Path) -> None:
    picture = cv2.imread(str(sorted(faces.iterdir())[101]))
    (tmp_path / "in").mkdir()
    # The same face in the corner of a larger, grey picture: cut by the face, both are nearly one picture.
    wide = cv2.copyMakeBorder(picture, 20, 150, 200, 10, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    for name, each in {"a.png": picture, "b.png": wide, "c.png": np.full((200, 200, 3), 90, np.uint8)}.items():
        cv2.imwrite(str(tmp_path / "in" / name), each)
    photos = dataset_of(tmp_path / "run", tmp_path / "in", crop="face", size=64)
    assert photos.count == 2
    one, other = photos.first(2, CPU)
    assert float((one - other)[:, 16:48, 16:48].abs().mean()) < 0.08
