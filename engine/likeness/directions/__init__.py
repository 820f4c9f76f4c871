"""Find directions in a generator's latent space: from labels, from its own spread, or from its weights."""
