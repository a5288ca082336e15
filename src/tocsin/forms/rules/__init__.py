"""What stands on a form, and how its number and code are written."""
