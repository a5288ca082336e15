"""What is done in an exercise: begin, play, end, wipe."""
