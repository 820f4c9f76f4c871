"""Train generators; each family has its own recipe."""
