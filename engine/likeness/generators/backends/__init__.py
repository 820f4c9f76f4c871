"""Ways to draw a network faster than module by module: compiled, by OpenVINO, as a recorded CUDA graph."""
