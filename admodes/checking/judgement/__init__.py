"""Slopes against claims: right, wrong or inconclusive, at one point."""
