"""Training: components against numpy's, a tiny run end to end, and what a folder may hold."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.engine.drawn_faces import drawn_face, write_faces

from likeness.errors import TrainingError, WeightsError
from likeness.faces import bands
from likeness.faces.mattes import Mattes, cut_out, prior_mattes, signed_distance
from likeness.training.composite import quantise, train_composite
from likeness.training.pca import join_mirror, principal_components, split_mirror
from likeness.training.pictures import crop_square, decode_picture, read_pictures

TINY = {"size": 64, "components": 12, "rounds": 2, "exemplars": 4}


def read(path: Path) -> np.ndarray | None:
    decoded = decode_picture(path.read_bytes())
    return None if decoded is None else crop_square(decoded.pixels, 64)


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((60, 8)) * np.arange(8, 0, -1) @ rng.standard_normal((8, 200))).astype(np.float32)
    found = principal_components(rows, 5)
    _, values, basis = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    assert found.spread == pytest.approx(values[:5] / np.sqrt(60), rel=1e-3)
    assert np.abs(np.sum(found.basis * basis[:5], axis=1)) == pytest.approx(np.ones(5), abs=1e-3)


def test_a_weighted_row_counts_like_that_many_rows() -> None:
    rows = np.random.default_rng(1).standard_normal((20, 30)).astype(np.float32)
    weights = np.ones(20, np.float32)
    weights[3] = 3
    weighed = principal_components(rows, 3, weights=weights)
    repeated = principal_components(np.concatenate([rows, rows[3:4], rows[3:4]]), 3)
    assert weighed.mean == pytest.approx(repeated.mean, abs=1e-5)
    assert weighed.spread == pytest.approx(repeated.spread, rel=1e-3)


def test_halves_join_to_the_picture_and_a_mirror_flips_the_odd_one() -> None:
    pictures = np.random.default_rng(2).standard_normal((3, 6, 8, 2)).astype(np.float32)
    even, odd = split_mirror(pictures, (0,))
    assert join_mirror(even, odd, (6, 8, 2), (0,)) == pytest.approx(pictures, abs=1e-6)
    mirrored = pictures[:, :, ::-1] * np.array([-1, 1], np.float32)
    assert join_mirror(even, -odd, (6, 8, 2), (0,)) == pytest.approx(mirrored, abs=1e-6)


def test_a_signed_distance_grows_by_a_pixel_each_pixel_from_a_straight_edge() -> None:
    matte = np.zeros((128, 128), np.float32)
    matte[:, 64:] = 1
    distance = 8 * np.arctanh(signed_distance(matte)[64, 56:72].astype(np.float64))
    assert np.diff(distance)[:7] == pytest.approx(np.ones(7), abs=0.05)
    assert distance[:8].max() < 0 < distance[8:].min()


def test_a_drawn_face_is_cut_along_its_ellipse() -> None:
    face = drawn_face(3, 128)
    mattes = cut_out(face, prior_mattes(128))
    assert mattes.skin[70, 64] == 1
    assert mattes.skin[3, 64] == 0
    assert mattes.person[2, 2] == 0
    assert (mattes.person >= mattes.skin).all()


def test_bands_add_up_to_the_layer() -> None:
    grey = bands.to_unit(np.repeat(drawn_face(1, 64).mean(2, keepdims=True), 3, axis=2).astype(np.uint8))
    whole = np.ones((64, 64), np.float32)
    low, middle, fine = bands.skin_bands(grey, whole, np.zeros((16, 16, 3), np.float32))
    again = bands.resize_square(bands.resize_square(low, 32) + middle, 64) + fine
    assert again == pytest.approx(grey, abs=1e-5)


def test_supports_leave_the_rims_out() -> None:
    skin = np.zeros((32, 32), np.float32)
    skin[8:24, 8:24] = 1
    places = bands.layer_supports(Mattes(skin, skin), 32)
    assert places.skin.sum() == 12 * 12
    assert places.hair.sum() == 0
    assert places.backdrop[8:24, 8:24].sum() == 0


def test_a_packed_number_is_within_half_a_step() -> None:
    values = np.random.default_rng(4).standard_normal((5, 3, 4)).astype(np.float32)
    packed = quantise("x", values)
    again = packed["x"].float() * packed["x_scale"].reshape(5, 1, 1)
    step = packed["x_scale"].reshape(5, 1, 1)
    assert ((again - torch.from_numpy(values)).abs() <= 0.5001 * step).all()


def test_a_run_writes_a_file_and_the_same_run_the_same_file(tmp_path: Path) -> None:
    write_faces(tmp_path / "faces", 24)
    seen: list[tuple[str, int, int]] = []
    first = train_composite(
        tmp_path / "faces", tmp_path / "a.safetensors", **TINY, progress=lambda *step: seen.append(step)
    )
    second = train_composite(tmp_path / "faces", tmp_path / "b.safetensors", **TINY)
    assert first.pictures == 24
    assert first.components == 12
    assert first.sha256 == second.sha256
    assert seen[-1] == ("join", 3, 3)
    assert all(0 <= done <= total for _, done, total in seen)
    assert not any(tensor.isnan().any() for tensor in load_file(tmp_path / "a.safetensors").values())


def test_hold_outs_are_the_first_by_name(tmp_path: Path) -> None:
    write_faces(tmp_path, 30)
    found = read_pictures(tmp_path, 64, at_least=1, leave_first=4)
    assert found.names[0] == "004.png"
    assert len(found.pictures) == 26


def test_text_files_among_the_pictures_are_counted_and_left_out(tmp_path: Path) -> None:
    write_faces(tmp_path, 3)
    (tmp_path / "README.txt").write_text("not a face")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0broken")
    (tmp_path / "empty.png").write_bytes(b"")
    found = read_pictures(tmp_path, 64, at_least=3)
    assert len(found.pictures) == 3
    assert found.skipped == 3


def test_grey_deep_transparent_and_oblong_pictures_are_converted(tmp_path: Path) -> None:
    face = drawn_face(5, 96)
    cv2.imwrite(str(tmp_path / "grey.png"), face[..., 1])
    cv2.imwrite(str(tmp_path / "deep.png"), face.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "clear.png"), cv2.cvtColor(face, cv2.COLOR_BGR2BGRA))
    cv2.imwrite(str(tmp_path / "wide.png"), cv2.copyMakeBorder(face, 0, 0, 30, 30, cv2.BORDER_CONSTANT))
    plain = cv2.resize(face, (64, 64), interpolation=cv2.INTER_AREA)
    for name in ("deep.png", "clear.png", "wide.png"):
        picture = read(tmp_path / name)
        assert picture is not None
        assert np.abs(picture.astype(int) - plain).max() <= 1, name
    grey = read(tmp_path / "grey.png")
    assert grey is not None
    assert grey.shape == (64, 64, 3)


def test_a_picture_is_turned_upright_by_its_exif(tmp_path: Path) -> None:
    face = drawn_face(6, 64)
    done, jpeg = cv2.imencode(".jpg", np.rot90(face).copy(), [cv2.IMWRITE_JPEG_QUALITY, 98])
    assert done
    # Orientation 6: turn clockwise by a quarter to see it upright.
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    raw = jpeg.tobytes()
    (tmp_path / "turned.jpg").write_bytes(raw[:2] + segment + raw[2:])
    picture = read(tmp_path / "turned.jpg")
    assert picture is not None
    assert np.abs(picture.astype(int) - face).mean() < 6


def test_no_folder_is_named_in_the_fault(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no folder .*nowhere"):
        train_composite(tmp_path / "nowhere", tmp_path / "x.safetensors", **TINY)


def test_too_few_faces_are_refused_with_both_numbers(tmp_path: Path) -> None:
    write_faces(tmp_path, 5)
    with pytest.raises(TrainingError, match="holds 5 pictures to train with, 24 are wanted"):
        train_composite(tmp_path, tmp_path / "x.safetensors", **TINY)


@pytest.mark.parametrize("wrong", [{"size": 100}, {"components": 1}, {"rounds": 0}, {"exemplars": 0}, {"hold_out": -1}])
def test_arguments_out_of_range_are_refused_before_any_work(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=f"{next(iter(wrong))} .*{next(iter(wrong.values()))} came"):
        train_composite(tmp_path, tmp_path / "x.safetensors", **{**TINY, **wrong})


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes, which stands in for a full disk")
def test_a_full_disk_is_a_clear_fault(tmp_path: Path) -> None:
    import resource

    write_faces(tmp_path / "faces", 24)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(WeightsError, match="could not be written"):
            train_composite(tmp_path / "faces", tmp_path / "x.safetensors", **{**TINY, "rounds": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "x.safetensors").exists()
