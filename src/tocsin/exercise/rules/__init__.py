"""What is decided about an exercise from values alone: its scenario, what is played next, and marks."""
