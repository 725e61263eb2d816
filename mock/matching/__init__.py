"""What a route wants a request to be."""
