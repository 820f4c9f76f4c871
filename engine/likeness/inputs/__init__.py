"""Ways in: each knows the store alone, and runs on its own thread."""
