"""The camera: what it may be, the thread that reads it, and the mark on the picture while it is live.

- `input.py`: `CameraInput`, which the show opens; its thread reads pictures and keeps the newest.
- `source.py`: opens what a camera's name means: a device by OpenCV, a file, a stream, photos.
- `video_file.py`, `stream.py`: a file in its own time, and a network stream whose newest picture is the next one.
- `film.py`: a video in the place of a camera, picture by picture, for renders.
- `frames.py`: decoded frames of both to pictures: deinterlaced, upright, with square pixels.
- `picture_check.py`: finds pictures that are black or frozen.
- `live_mark.py`: the mark on the show's picture.
"""
