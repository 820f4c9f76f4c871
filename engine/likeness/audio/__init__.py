"""What is heard of the music: analysis in numpy alone, one hop at a time."""
