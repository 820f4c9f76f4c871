"""What a show remembers: cues, the past, and itself for the case of a crash."""
