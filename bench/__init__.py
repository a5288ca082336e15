"""What Tocsin costs, measured: each file runs by itself and prints ratios, medians, spread and load."""
