"""YAML: read from files that nobody has to trust, written as people like to read it."""
