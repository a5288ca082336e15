"""What is done with forms: printing, and checking."""
