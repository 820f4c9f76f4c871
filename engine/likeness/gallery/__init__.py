"""Galleries: known faces with their embeddings, searched for whom somebody resembles."""

from likeness.gallery.face_types import Match, NewFace, Record
from likeness.gallery.gallery import Gallery

__all__ = ["Gallery", "Match", "NewFace", "Record"]
