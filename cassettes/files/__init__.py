"""What lies on the disk: the cassette, and what is beside it."""
