"""Truceline: who says what about a conflict, on whose word, and whether it is new."""
