"""What holds for every test: no windows, no luck, no browser tests without a browser."""

import os
import shutil
from types import SimpleNamespace

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


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests of a process."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, which drives the browser")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def open_page(browser):
    """Open an address in a window of its own; what it says on the console and asks of the network is in `.said` and `.asked`."""
    contexts = []

    def open_address(address, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page, said, asked = context.new_page(), [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return SimpleNamespace(page=page, said=said, asked=asked)

    yield open_address
    for context in contexts:
        context.close()
