"""Traces: one evaluation of f, operation by operation, with its tangents and its adjoints."""

from .model import Node, Trace
from .tracing import trace

__all__ = ["Node", "Trace", "trace"]
