"""Generators: families, networks, backends, readers of weights files, and our own format."""
