"""One archive from which a node is installed and the first hour is played with the network off (``make offline``)."""
