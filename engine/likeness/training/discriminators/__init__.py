"""What tells drawn pictures from photographs, and the losses that it teaches by."""

from likeness.training.discriminators.ada import AdaDiscriminator
from likeness.training.discriminators.projected import ProjectedDiscriminator

__all__ = ["AdaDiscriminator", "ProjectedDiscriminator"]
