"""What a court checks: hashes, trees, notes, proofs and the bundle that carries them.

Everything here runs on the standard library and ``cryptography`` alone and imports nothing else
of Tocsin, so that this directory can be read, copied and run by itself years from now.
"""
