"""Readers of other people's weights files. Nothing that such a file carries is ever run."""
