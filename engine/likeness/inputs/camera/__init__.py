"""The camera: what it may be, the thread that reads it, and the mark on the picture while it is live.

- `input.py`: `CameraInput`, which the show opens; its thread reads pictures and keeps the newest.
- `source.py`: opens what a camera's name means: a device, a file, a stream, photos.
- `stream.py`: a network stream, whose newest picture is the next one.
- `live_mark.py`: the mark on the show's picture.
"""
