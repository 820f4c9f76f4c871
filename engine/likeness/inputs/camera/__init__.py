"""The camera: sources, the thread that reads them, and the mark on the picture while it is live."""
