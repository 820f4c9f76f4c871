"""Ways out: each knows the picture alone, owns its queue, and never makes the show wait."""
