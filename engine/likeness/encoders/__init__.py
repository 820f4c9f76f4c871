"""From a photo to a latent, one encoder for each family."""
