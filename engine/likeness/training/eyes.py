"""Eyes for a composite: its header says how far they are drawn anew."""

from pathlib import Path

from likeness.errors import TrainingError
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.training.drawing_recipe import FAMILY

ARGUMENT = "eyes"


def add_eyes(weights: Path, strength: float, out: Path) -> WeightsHeader:
    """Write composite weights that draw the eyes of their faces anew, as `DrawnEyes` does.

    Their tensors stay as they are, and so does their SHA-256: what is saved for them goes on to play.

    Args:
        weights: the composite, with or without a refiner or an enlarger; its faces are cut as in FFHQ.
        strength: how far drawn eyes replace those that are there, 0 to 1.
        out: the file to write.

    Raises:
        TrainingError: the weights are of another family.
        WeightsError: a file cannot be read or written.
    """
    header, tensors = read_weights(weights)
    if header.family != FAMILY:
        raise TrainingError(f"{weights} is a {header.family}; eyes are drawn for composites such as faces-256")
    arguments = {**header.arguments, ARGUMENT: strength}
    return write_weights(out, WeightsHeader(FAMILY, arguments, header.licence), tensors)
