"""`likeness latency`: a second process presses, an output notes the frame that shows it."""
