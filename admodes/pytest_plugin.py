"""The pytest plugin: a fixture, and nothing loaded before a test asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .checking import GradientCheck


@pytest.fixture(scope="session")
def assert_gradient() -> Callable[..., GradientCheck]:
    """`admodes.testing.assert_gradient`: ``assert_gradient(f, grad, x)`` fails with a report where grad is wrong."""
    from .testing import assert_gradient as check

    return check
