"""Bodies of messages, as documents say them."""
