"""Methods of differentiation against each other."""
