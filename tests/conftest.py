"""What holds for every test: no windows, no luck, no browser tests without a browser."""

import os
import shutil

import hypothesis
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

# The same examples in every run, and no deadline: a test must not fail because a machine is slow.
hypothesis.settings.register_profile("admodes", derandomize=True, deadline=None)
hypothesis.settings.load_profile("admodes")

# Shared assertions explain their failures as those in test modules do.
pytest.register_assert_rewrite("support")


def pytest_runtest_setup(item):
    """Skip browser tests where there is no chromium."""
    if item.get_closest_marker("browser") and shutil.which("chromium") is None:
        pytest.skip("needs Debian's chromium")
