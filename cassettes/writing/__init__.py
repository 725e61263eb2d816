"""From an interaction to what stands in the file."""
