"""`likeness encode`: photos become faces that play, and what is no photo is told in one line."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.cli import main
from likeness.files.paths import find_weights
from likeness.host.host import Host
from likeness.picture import to_picture
from likeness.toolkit.latent_file import read_latent


def encode(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["encode", *arguments])
    return int(ending.value.code or 0)


def test_a_drawn_face_is_encoded_as_a_latent_that_draws_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = Host().open_generator(find_weights("composite-256"), "cpu")
    drawn = to_picture(generator.synthesize(0.7 * generator.sample([5])))
    other = to_picture(generator.synthesize(0.7 * generator.sample([6])))
    cv2.imwrite(str(tmp_path / "five.png"), drawn[..., ::-1])
    assert encode(str(tmp_path / "five.png"), "--aligned", "-o", str(tmp_path / "out")) == 0
    assert "PSNR" in capsys.readouterr().out
    latent = read_latent(tmp_path / "out" / "five.safetensors", generator.info.num_ws, generator.info.w_dim)
    again = to_picture(generator.synthesize(latent[None]))

    def difference(picture: np.ndarray) -> float:
        inner = np.s_[64:192, 64:192]
        return float(np.abs(again[inner].astype(float) - picture[inner]).mean())

    assert difference(drawn) < 0.5 * difference(other)
    sheet = cv2.imread(str(tmp_path / "out" / "five.png"))
    assert sheet is not None
    assert sheet.shape == (256, 4 * 256 + 3 * 4, 3)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("text.jpg", b"no picture", "is no picture"),
        ("empty.png", b"", "is empty"),
        ("absent.png", None, "there is no photo"),
        ("wide.png", cv2.imencode(".png", np.zeros((64, 128, 3), np.uint8))[1].tobytes(), "cut a square"),
    ],
)
def test_what_is_no_square_photo_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert encode(str(tmp_path / name), "--aligned", "-o", str(tmp_path / "out")) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_photo_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "me.png"
    cv2.imwrite(str(photo), np.full((64, 64, 3), 120, np.uint8))
    before = photo.read_bytes()
    assert encode(str(photo), "--aligned", "-o", str(tmp_path)) == 2
    assert "would be lost" in capsys.readouterr().err
    assert photo.read_bytes() == before


def test_the_face_of_a_photo_is_found_cut_out_and_encoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = Host().open_generator(find_weights("composite-256"), "cpu")
    photo = np.full((400, 640, 3), (90, 130, 70), np.uint8)
    photo[40:360, 250:570] = cv2.resize(to_picture(generator.synthesize(0.7 * generator.sample([5]))), (320, 320))
    cv2.imwrite(str(tmp_path / "out of doors.png"), photo[..., ::-1])
    cv2.imwrite(str(tmp_path / "nobody.png"), photo[:, :240])
    out = tmp_path / "out"
    assert encode(str(tmp_path / "out of doors.png"), str(tmp_path / "nobody.png"), "-o", str(out)) == 2
    said = capsys.readouterr()
    assert "no face is found" in said.err
    assert "out of doors.safetensors" in said.out
    assert sorted(path.name for path in out.iterdir()) == ["out of doors.png", "out of doors.safetensors"]
    cut = cv2.imread(str(out / "out of doors.png"))[:, :256, ::-1].astype(float)
    whole = cv2.resize(photo[40:360, 250:570], (256, 256), interpolation=cv2.INTER_AREA).astype(float)
    # The same crop again, but for how the landmarks of a drawing differ from those the training was cut by.
    assert np.corrcoef(cut[64:192, 64:192].ravel(), whole[64:192, 64:192].ravel())[0, 1] > 0.8
