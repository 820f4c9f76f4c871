"""The stage of a show: what its plugins may use, put together from the show's parts and options."""

import torch

from likeness.generator import Generator
from likeness.options import Options
from likeness.parameters.store import ParamStore
from likeness.show.audience import AudienceStage
from likeness.stage import PluginParams, Stage


def make_stage(
    generator: Generator,
    store: ParamStore,
    options: Options,
    audience: AudienceStage,
    *,
    device: torch.device,
    seed: int,
    heads: int,
    again: bool,
) -> Stage:
    """Return the stage on which the plugins of a show start.

    Args:
        generator: with which it begins.
        store, options, audience, device, seed, heads: of the show.
        again: whether it plays a take or another machine's show: what there was that night to hear and to see may be
            missing now, and is no mistake.
    """
    return Stage(
        generator,
        PluginParams(store),
        device,
        seed,
        heads,
        offline=options.offline,
        audience=audience.audience,
        camera=options.camera is not None or again,
        demanding=store.fatal and not again,
    )
