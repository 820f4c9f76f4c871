"""The generator families: from a source of tensors to a generator that a show can play.

checkpoint.py        `Source`: tensors, arguments and licence of any file; arguments checked as they are read
registry.py          what a family's module offers, the list of families, and opening a file by its family
stylegan_base.py     seeds, labels, mean, directions and backends of the three StyleGANs
stepping.py          a synthesis layer by layer: bent, mixed, swapped
stylegan1.py, stylegan2.py, stylegan3.py, z_only.py, composite.py
search_drawing.py    a composite as a search draws it, with a gradient in a part of the time
torchscript_onnx.py  programs instead of tensors, opened by their format
"""
