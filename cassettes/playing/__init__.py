"""From what stands in the file to a response."""
