"""What a route answers."""
