"""Checks derivatives that others wrote: a verdict with a bound, and a diagnosis."""
