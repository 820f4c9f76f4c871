"""The networks, each in one file, importing torch alone."""
