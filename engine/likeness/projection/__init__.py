"""From a picture to the latent that draws it, by search: one step after the other, each of them to be seen."""
