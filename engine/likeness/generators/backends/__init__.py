"""Ways to draw a network faster than module by module. Prepared in seconds to a minute, never on the render thread.

choose.py          picks backend and precision, falls back where one fails, warms up
trace.py           the synthesis as compilers need it, and torch.compile
cuts.py            the synthesis in pieces, so that layers can be bent between them
openvino_model.py  the synthesis as an OpenVINO model, for processors
cuda_graphs.py     frames recorded and replayed, for CUDA
"""
