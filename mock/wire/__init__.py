"""Replies as bytes of HTTP."""
