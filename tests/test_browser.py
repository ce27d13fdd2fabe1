"""The report's page as a reader meets it, in Chromium: complete without a script, and what the script adds."""

from functools import partial

import numpy as np
import pytest
from report_cases import METHODS, claim, many_rows, plausible_rows, write_results

from admodes.report.page import write_pages
from admodes.sweeps.claim import ClaimRow
from admodes.sweeps.results import read_results

pytestmark = pytest.mark.browser

LONG = len(many_rows())
LABELS = """() => [...document.querySelectorAll("figure svg")].flatMap(svg => {
  const around = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent.trim(), text.getBoundingClientRect()]);
  return boxes.flatMap(([name, a], i) => {
    const cut = a.left < around.left - 1 || a.right > around.right + 1 || a.top < around.top - 1 || a.bottom > around.bottom + 1;
    const hits = boxes.slice(i + 1).filter(([, b]) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2.5);
    return [...(cut ? [`cut: ${name}`] : []), ...hits.map(([other]) => `overlap: ${name} / ${other}`)];
  });
})"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with figures, claims, failures and one table that is too long to stand in it."""
    folder = tmp_path_factory.mktemp("page")
    results = read_results(write_results(folder / "results.jsonl", [*plausible_rows(), *many_rows()]))
    results.claim_rows = [ClaimRow(one.name, "ok", claim=one) for one in (claim(), claim("fd-precision"))]
    return write_pages(results, "results.jsonl", folder).as_uri()


@pytest.fixture
def visit(open_page, address):
    """Open the page in a window of its own."""
    return partial(open_page, address)


def shown(page, selector):
    """How many elements can be seen."""
    return page.evaluate(
        "s => [...document.querySelectorAll(s)].filter(e => e.getClientRects().length && e.checkVisibility()).length", selector
    )


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_page_is_quiet_and_alone(visit, address):
    """Breaks if a script fails, the policy refuses our own, or anything is asked of the network, whatever a reader does."""
    seen = visit()
    for button in seen.page.query_selector_all("#toolbar button"):
        button.click()
    seen.page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    seen.page.wait_for_selector("details[data-table] tr")
    seen.page.hover(".chart svg")
    assert seen.said == []
    assert seen.asked == [address]


def test_a_method_is_switched_off_everywhere(visit):
    """Breaks if a switch misses a figure, a table, or a table that is written after it was thrown."""
    page = visit().page
    finite, reverse = '[data-series="finite"]', '[data-series="reverse"]'
    assert shown(page, f"svg {finite}") > 0
    assert shown(page, f"tr{finite}") > 0
    page.click('button[data-method="finite"]')
    page.focus('button[data-method="reverse"]')
    page.keyboard.press("Space")
    pressed = {
        button.get_attribute("data-method"): button.get_attribute("aria-pressed") for button in page.query_selector_all(".method")
    }
    assert pressed == {name: str(name not in ("finite", "reverse")).lower() for name in METHODS}
    assert shown(page, finite) == shown(page, reverse) == 0
    assert shown(page, 'svg [data-series="theory"]') > 0
    page.evaluate("document.querySelector('details[data-table]').open = true")
    page.wait_for_function("n => document.querySelectorAll('details[data-table] tbody tr').length === n", arg=LONG)
    assert shown(page, f"details[data-table] tr{reverse}") == 0
    assert shown(page, 'details[data-table] tr[data-series="forward"]') == LONG // 2
    page.click("#all")
    assert shown(page, f"svg {finite}") > 0
    assert shown(page, f"details[data-table] tr{reverse}") == LONG // 2


def test_a_long_table_has_the_numbers_of_the_file(visit):
    """Breaks if a table that a script writes shows other numbers than one that stands in the page."""
    page = visit().page
    page.evaluate("document.querySelector('details[data-table]').open = true")
    page.wait_for_function("n => document.querySelectorAll('details[data-table] tbody tr').length === n", arg=LONG)
    cells = page.eval_on_selector(
        "details[data-table] tbody tr:nth-child(6)", "row => [...row.cells].map(cell => cell.innerText.trim())"
    )
    assert cells[:5] == ["▲ reverse", "3 → 1", "ok", "16.0", "1.0e-16"]
    assert "30.0 µs" in cells
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def test_points_tell_their_values(visit):
    """Breaks if a point tells another one's value, or tells it to a mouse only."""
    page = visit().page
    chart = page.locator('.chart[data-name="claim-per-input"]')
    chart.scroll_into_view_if_needed()
    points = chart.locator('[data-series="finite"] use')
    box = points.nth(1).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 - 3)
    tip = page.locator("#tip")
    assert tip.inner_text() == "finite, inputs 4: calls of f 9"
    page.mouse.move(2, 2)
    assert not tip.is_visible()
    chart.focus()
    told = []
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        told.append(tip.inner_text().replace(": calls of f", ""))
    finite, reverse = ("finite, inputs 1 3", "finite, inputs 4 9"), ("reverse, inputs 4 1", "reverse, inputs 16 1")
    assert told == [*finite, *reverse, reverse[0], finite[1]]
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_colours_follow_the_system_until_the_reader_chooses(visit):
    """Breaks if the button does nothing, or does not say what it will do."""
    light, dark = visit(color_scheme="light").page, visit(color_scheme="dark").page
    assert (background(light), background(dark)) == ("rgb(254, 254, 254)", "rgb(22, 27, 33)")
    assert (light.inner_text("#theme"), dark.inner_text("#theme")) == ("dark colours", "light colours")
    light.click("#theme")
    dark.click("#theme")
    assert (background(light), background(dark)) == ("rgb(22, 27, 33)", "rgb(254, 254, 254)")
    assert (light.inner_text("#theme"), dark.inner_text("#theme")) == ("light colours", "dark colours")


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_a_page_fits_its_window(visit, width, tmp_path):
    """Breaks if a phone has to scroll sideways, labels overlap or are cut, or nothing is drawn."""
    page = visit(width, color_scheme="light").page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LABELS) == []
    image = tmp_path / f"{width}.png"
    page.screenshot(path=image, full_page=True)
    pixels = read_image(image)
    assert pixels.shape[1] == width
    # Text and figures throughout: no window's height of the page is blank, and there are colours.
    dark = pixels[..., :3].min(axis=2) < 0.6
    assert all(band.any() for band in np.array_split(dark, max(1, len(dark) // 900)))
    assert (np.ptp(pixels[..., :3], axis=2) > 0.3).any()


def read_image(path):
    from matplotlib import image

    return image.imread(path)


def test_paper_is_light_and_unfolded(visit):
    """Breaks if a dark page is printed dark, with buttons, or with folded tables."""
    page = visit(color_scheme="dark").page
    folded = "details:not([data-table]) tbody tr"
    before = shown(page, folded)
    page.emulate_media(media="print", color_scheme="dark")
    assert background(page) == "rgb(254, 254, 254)"
    assert shown(page, "#toolbar, nav") == 0
    assert shown(page, folded) > before
    page.emulate_media(media="screen")
    assert len(page.pdf()) > 10_000


def test_without_a_script_nothing_is_lost(visit):
    """Breaks if the page needs its script to be read, or shows buttons that do nothing."""
    page = visit(java_script_enabled=False).page
    assert page.locator("#toolbar").is_hidden()
    assert page.locator("section").count() == page.locator("nav a").count() > 9
    assert page.locator("figure svg").first.is_visible()
    assert "summary.md has them in full" in page.locator("noscript").inner_text()
