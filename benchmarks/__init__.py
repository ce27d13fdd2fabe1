"""Benchmarks of admodes against other libraries; see README.md. Not part of the installed package."""
