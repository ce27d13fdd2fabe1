"""A page that plays the forward and the backward pass over a computation graph, one node a step."""

from .writing import write_page

__all__ = ["write_page"]
