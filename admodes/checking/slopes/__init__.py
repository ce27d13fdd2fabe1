"""Slopes of f along lines, with bounds on their errors."""
