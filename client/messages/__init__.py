"""What travels: requests, responses, and what they are made of."""
