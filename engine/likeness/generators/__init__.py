"""Generators: from a weights file to pictures, behind the protocol in `likeness.generator`.

weights_file.py   our own format: safetensors with one JSON header
filter_file.py    filters in that format: networks from picture to picture, opened and ready to play
variation_file.py DAGANs in that format: networks that draw other pictures of a picture's class
readers/          everybody else's files, read without running anything in them
families/         one module a family, and the registry that opens a file by its family
networks/         the networks themselves, importing torch alone
backends/         number type and backend: how a network draws as fast as this machine can
convert.py        what a file is, and the same weights in our own format
devices.py        the choice of device
perceptual.py     perceptual distance of two pictures, for losses and evaluation
readback.py       the frame's one copy from the device to bytes

Flow: `Host.open_generator` asks plugins' families, then `families.registry`, which reads the file by `readers` and
builds a network; `backends.choose.prepare` makes it fast. All of that takes seconds and is never done on the render
thread; `synthesize` and `ReadBack` run there alone.
"""
