"""Galleries: known faces with their embeddings, searched for whom somebody resembles."""

from likeness.gallery.gallery import Gallery
from likeness.gallery.values import Match, NewFace, Record

__all__ = ["Gallery", "Match", "NewFace", "Record"]
