"""`likeness train dagan`: a network that draws other pictures of a picture's class, for `likeness augment`."""

from typing import Annotated

from likeness.commands.train.runs import DEFAULTS, WIDTH, Photos, RunOptions, Width, start_run
from likeness.options import ranged
from likeness.ranges import Range

BATCH = 32


def dagan(
    folder: Photos,
    *,
    options: RunOptions = DEFAULTS,
    noise: Annotated[int, WIDTH] = 100,
    width: Width = 32,
    critic_steps: Annotated[int, ranged(Range(1, 20))] = 1,
) -> None:
    """Train a DAGAN on classes of pictures, a sub-folder each: it draws others of a class it never saw.

    A few dozen classes of a dozen pictures, cut alike: people, characters, masks. What varies within each is learnt
    over all of them. Then `likeness augment FOLDER -o NEW --dagan RUN` makes more of a few.

    Parameters
    ----------
    noise
        Length of the noise that tells drawings of one picture apart.
    critic_steps
        Steps of the critic for each of the generator.
    """
    own = {"z_dim": noise, "width": width, "critic_steps": critic_steps}
    start_run("dagan", folder, options, own, batch=BATCH)
