"""What moves a parameter around the value that the hand left: waves, audio and steps."""
