"""Readers of other people's weights files. Nothing that such a file carries is ever run.

open_snapshot.py      tells formats apart and hands a file to its reader; every refusal is one line
restricted_pickle.py  the pickle machine: plain values, a table of names, a budget of instructions
allowed_names.py      that table; arrays.py and storages.py build what it names
inert.py              what stands for an object of any other class
torch_file.py         what torch.save wrote, zipped or not
official.py, tensorflow.py, rosinality.py   from each maker's content to a snapshot
tflite.py             a TFLite network's steps and weights, for networks that are no generators
snapshot.py           the result: a family, its arguments, tensors still in the file

Flow: file -> torch_file or pickle -> plain values and inert objects -> a maker's reader -> `Snapshot`.
"""
