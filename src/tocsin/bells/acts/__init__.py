"""What is done with bells: hung, taken down, and rung."""
