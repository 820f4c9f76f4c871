"""What plugins may use beyond the vocabulary: crossfades, background loading, face lists, worker processes."""
