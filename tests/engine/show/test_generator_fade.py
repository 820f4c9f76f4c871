"""The fade from one generator's last picture to the next one's pictures."""

import numpy as np
import pytest

from likeness.picture import Picture
from likeness.show.generator_fade import GeneratorFade


def grey(level: int, side: int = 8) -> Picture:
    return np.full((side, side, 3), level, np.uint8)


def test_pictures_pass_untouched_while_nothing_fades() -> None:
    fade, picture = GeneratorFade(), grey(100)
    assert fade.step(picture, 0.1) is picture


def test_a_fade_comes_out_of_what_was_shown_and_arrives_at_the_very_picture() -> None:
    fade = GeneratorFade()
    fade.step(grey(200), 0.1)
    fade.start(1.0)
    levels = [int(fade.step(grey(0), 0.25)[0, 0, 0]) for _ in range(3)]
    # 3t² - 2t³ at a quarter, a half and three quarters: 5/32, 1/2, 27/32.
    assert levels == pytest.approx([200 * 27 / 32, 100, 200 * 5 / 32], abs=1)
    last = grey(0)
    assert fade.step(last, 0.25) is last


def test_a_second_fade_begins_where_the_first_one_stands() -> None:
    fade = GeneratorFade()
    fade.step(grey(200), 0.1)
    fade.start(1.0)
    fade.step(grey(0), 0.5)
    fade.start(1.0)
    assert fade.step(grey(0), 1e-6)[0, 0, 0] == 100


def test_the_old_picture_takes_the_size_of_the_new_ones() -> None:
    fade = GeneratorFade()
    fade.step(grey(200, 8), 0.1)
    fade.start(1.0)
    mixed = fade.step(grey(0, 16), 0.5)
    assert mixed.shape == (16, 16, 3)
    assert (mixed == 100).all()


def test_no_time_cuts_and_a_fade_from_nothing_is_none() -> None:
    fade = GeneratorFade()
    fade.start(1.0)
    assert (fade.step(grey(7), 0.1) == 7).all()
    fade.start(0.0)
    assert (fade.step(grey(90), 0.1) == 90).all()
