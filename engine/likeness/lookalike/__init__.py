"""Visitors before the camera: seen, greeted, kept in memory for a while, shown in turn, forgotten."""
