"""DMX bindings: the files of the user, which know the house, then the entries of the preset."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from likeness.errors import LikenessError
from likeness.files.paths import list_files
from likeness.files.text_file import read_model
from likeness.parameters.dmx_binding import DmxBinding

log = logging.getLogger(__name__)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dmx: tuple[DmxBinding, ...] = ()


def read_dmx_bindings(folder: Path, preset: Sequence[DmxBinding]) -> tuple[DmxBinding, ...]:
    """Return the bindings of all .toml files in `folder`, then those of the preset that they do not mention.

    An entry of the preset counts where no file has its parameter or its channel. A broken file is named in the log and
    left out.
    """
    own: list[DmxBinding] = []
    for path in list_files(folder, ".toml"):
        try:
            own += read_model(path, _File).dmx
        # A file edited by hand may hold anything.
        except LikenessError as error:
            log.error("the DMX file %s is left out: %s", path, error)
    params = {entry.param for entry in own}
    channels = {(entry.universe, entry.channel) for entry in own}
    kept = (e for e in preset if e.param not in params and (e.universe, e.channel) not in channels)
    return (*own, *kept)
