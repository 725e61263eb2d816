"""Routes, the choice between them, and what is said where none fits."""
