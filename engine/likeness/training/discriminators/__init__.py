"""What tells drawn pictures from photographs, and the losses that it teaches by."""

from likeness.training.discriminators.projected import ProjectedDiscriminator

__all__ = ["ProjectedDiscriminator"]
