"""f and the claim as functions that are asked: read, counted, watched, and what is looked at before any slope."""
