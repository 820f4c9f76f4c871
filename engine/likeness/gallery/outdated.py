"""Outdated faces: latents of weights that have since been replaced under the same name."""

from collections.abc import Sequence
from pathlib import Path

from likeness.gallery.face_types import Record
from likeness.generators.weights_file import fingerprint


def find_outdated(records: Sequence[Record], weights: Path) -> list[Record]:
    """Return those of `records` whose latents are known to be of other weights than the file of this name.

    Reads the file's header, or all of a file that is not ours; nothing where no record could be outdated.

    Raises:
        WeightsError: where the weights cannot be read.
    """
    name = weights.stem
    if not any(record.weights == name and record.weights_sha256 for record in records):
        return []
    sha256 = fingerprint(weights)
    return [record for record in records if record.outdated(name, sha256)]
