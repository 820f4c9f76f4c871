"""What `likeness` can be told. Heavy imports stay inside the commands, so that `--help` is quick."""
