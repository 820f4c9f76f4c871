"""`likeness train refine`: its own options beside those of every recipe."""

from likeness.cli import app
from likeness.commands.train.refine import RefineOptions


def test_the_size_of_the_bundled_composite_stays_whatever_else_is_given_and_crop_is_in_px() -> None:
    _, bound, _ = app.parse_args(
        ["train", "refine", "faces", "--steps", "3", "--crop", "64"], print_error=False, exit_on_error=False
    )
    assert bound.arguments["options"] == RefineOptions(steps=3, size=256)
    assert bound.arguments["crop"] == 64
