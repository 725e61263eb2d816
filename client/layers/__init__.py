"""The concerns between a client and its transport, one layer each."""
