"""Decoded frames to pictures, by frames whose fields, pixels and orientation are known."""

from fractions import Fraction

import av
import numpy as np
import pytest

from likeness.inputs.camera.frames import Deinterlacer, to_picture

WIDTH, HEIGHT = 64, 48


def interlaced_film(count: int = 6) -> list[av.VideoFrame]:
    """Return a white bar that moves by 8 px a field over grey, as an encoder of interlaced video writes it."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = WIDTH, HEIGHT, "yuv420p", 25
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"flags": "+ildct+ilme", "x264-params": "interlaced=1:tff=1:qp=1", "tune": "zerolatency"}
    packets = []
    for number in range(count):
        picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
        for field in (0, 1):
            at = (2 * number + field) * 4
            picture[field::2, at : at + 12] = 220
        packets += encoder.encode(av.VideoFrame.from_ndarray(picture, format="rgb24"))
    packets += encoder.encode()
    decoder = av.CodecContext.create("h264", "r")
    return [frame for packet in [*packets, None] for frame in decoder.decode(packet)]


def combing(picture: np.ndarray) -> float:
    """Return how much neighbouring rows differ where the next but one do not: the teeth of interlaced pictures."""
    rows = picture[..., 1].astype(float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())


def test_interlaced_frames_come_whole_one_frame_later_and_none_is_lost() -> None:
    film, deinterlacer = interlaced_film(), Deinterlacer()
    assert all(frame.interlaced_frame for frame in film)
    assert list(deinterlacer.push(film[0])) == []
    whole = [each for frame in film[1:] for each in deinterlacer.push(frame)]
    assert len(whole) == len(film) - 1
    whole += deinterlacer.flush()
    assert len(whole) == len(film)
    assert not any(frame.interlaced_frame for frame in whole)
    before = np.mean([combing(to_picture(frame, None, 640)) for frame in film[1:-1]])
    after = np.mean([combing(to_picture(frame, None, 640)) for frame in whole[1:-1]])
    assert after < before / 5
    assert all(to_picture(frame, None, 640).max() > 180 for frame in whole[1:-1])


def test_progressive_frames_are_handed_on_at_once() -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
    assert list(Deinterlacer().push(frame)) == [frame]


def test_a_film_whose_size_changes_is_deinterlaced_on() -> None:
    film, deinterlacer = interlaced_film(), Deinterlacer()
    wide = [frame.reformat(2 * WIDTH, HEIGHT) for frame in film]
    whole = [each for frame in (*film, *wide) for each in deinterlacer.push(frame)]
    assert [frame.width for frame in whole][-2:] == [2 * WIDTH] * 2
    assert [frame.width for frame in whole].count(WIDTH) == len(film)


@pytest.mark.parametrize(
    ("ratio", "longest", "size"),
    [
        (None, 1280, (720, 576)),
        (Fraction(1), 1280, (720, 576)),
        # PAL, 16:9 and 4:3; 4:3 from HDV's 1440 x 1080 would be 4:3 too.
        (Fraction(64, 45), 1280, (1024, 576)),
        (Fraction(16, 15), 1280, (768, 576)),
        (Fraction(8, 9), 1280, (720, 648)),
        (Fraction(64, 45), 512, (512, 288)),
        (Fraction(0), 1280, (720, 576)),
        (Fraction(1000), 1280, (720, 576)),
    ],
)
def test_anamorphic_pixels_are_stretched_to_squares(
    ratio: Fraction | None, longest: int, size: tuple[int, int]
) -> None:
    frame = av.VideoFrame.from_ndarray(np.full((576, 720, 3), 90, np.uint8), format="rgb24")
    picture = to_picture(frame, ratio, longest)
    assert (picture.shape[1], picture.shape[0]) == size
    assert np.abs(picture.astype(int) - 90).max() <= 1
