"""Opening of weights: every family is asked, a plugin's before ours, and none can end or hold the show."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from likeness.errors import WeightsError
from likeness.generator import Generator
from likeness.generators.families import registry
from likeness.host.deadline import call_with_deadline
from likeness.host.failure import describe_failure
from likeness.host.process_state import ProcessState

# Reading a gigabyte from a slow disk takes half a minute.
OPEN_S = 300.0


def open_generator(
    ask: Callable[..., Generator | None], path: Path, device: torch.device, size: int | None, state: ProcessState
) -> Generator:
    """Return the generator that `ask`, the hook `load_generator` of all families, makes of the weights at `path`.

    Raises:
        WeightsError: where the file is absent, broken, of no known family, or what came back is no generator.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    opened = partial(ask, path=path, device=device, size=size)
    try:
        generator = call_with_deadline(opened, OPEN_S, "`load_generator`", state, "a plugin")
    # Of `KeyboardInterrupt` only the keyboard's own comes here.
    except (Exception, KeyboardInterrupt):
        raise
    # `sys.exit()` in a plugin's `load_generator` must not end the show.
    except BaseException as error:
        raise WeightsError(f"{path.name} is not opened: a plugin raised {describe_failure(error)}") from error
    if generator is None:
        raise registry.unknown_family(path)
    missing = [name for name in ("info", "mean", "sample", "synthesize") if not hasattr(generator, name)]
    if missing:
        raise WeightsError(
            f"{path.name} is not opened: what `load_generator` of a plugin returned has no {', '.join(missing)}"
        )
    generator.info = replace(generator.info, weights=path)
    return generator
