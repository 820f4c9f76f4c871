"""`likeness train`: weights from a folder of pictures."""
