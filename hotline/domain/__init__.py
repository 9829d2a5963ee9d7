"""What a 12345 centre knows and decides, in the standard library alone."""
