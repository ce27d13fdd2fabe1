"""Checkers of gradients on claims whose truth is known."""
