"""One adapter for each generator family, each a built-in `load_generator`."""
