"""Plain data, whatever they stand for: numbers, paths, spellings, forms."""
