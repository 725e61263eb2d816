"""Tapes of other tools."""
