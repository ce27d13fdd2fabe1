"""Figures of measured rows, as matplotlib axes: for notebooks and for the report."""
