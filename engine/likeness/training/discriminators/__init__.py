"""Discriminators, their losses and augmentations. `likeness.training.discriminator_training` puts them together.

- `projected.py`: small heads on frozen features, for little compute.
- `ada.py`: the whole discriminator of StyleGAN2, for a GPU.
- `textures.py`: the critic of `refine` and `enlarge`, which compares textures place by place.
- `losses.py`: hinge and logistic losses, R1 and path length penalties, as functions of logits.
- `diffaugment.py`: augmentation for the projected discriminator.
- `augment.py`, `strength.py`: adaptive augmentation for `ada.py`, and how often it is applied.

Everything here is a plain torch module or function; random numbers are torch's global ones.
"""

from likeness.training.discriminators.ada import AdaDiscriminator
from likeness.training.discriminators.projected import ProjectedDiscriminator

__all__ = ["AdaDiscriminator", "ProjectedDiscriminator"]
