"""Rules of need-to-know, as functions of values."""
