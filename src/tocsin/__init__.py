"""The desk and the wire of a cybercrime contact point."""
