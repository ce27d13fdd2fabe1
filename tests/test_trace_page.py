"""The step-through page as a reader meets it, in Chromium: complete tables without a script, and the passes played with it."""

from functools import partial

import numpy as np
import pytest

import admodes as ad
from admodes.errors import OptionError
from admodes.traces.page import write_page

pytestmark = pytest.mark.browser


def lecture(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


@pytest.fixture(scope="module")
def traces():
    return [ad.trace(lecture, x1, args=(x2,), argnums=(0, 1)) for x1, x2 in ((2.0, 5.0), (1.0, 0.5))]


@pytest.fixture
def visit(open_page, traces, tmp_path):
    """Open the lecture's example, traced at two points."""
    return partial(open_page, write_page(traces, tmp_path / "page.html").as_uri())


def told(page):
    return page.inner_text("#telling")


def number(text):
    """The last number of a text, as it is printed."""
    return float(text.rpartition("= ")[2].replace("−", "-"))


def line(page, place, part):
    """A line of a node's text in the picture."""
    index = {"name": 0, "formula": 1, "value": 2, "derivative": 3}[part]
    return page.locator("#graph g.node").nth(place).locator("text").nth(index).text_content()


def test_the_page_is_quiet_and_alone(visit):
    """Breaks if a script fails, the policy refuses our own, or anything is asked of the network."""
    seen = visit()
    for button in ("#next", "#last", "#back", "#first", "#play", "#play", "#theme"):
        seen.page.click(button)
    assert seen.said == []
    assert len(seen.asked) == 1


def test_the_passes_are_played_with_the_numbers_of_the_lecture(visit, traces):
    """Breaks if a step shows a value before it is computed, or the backward pass other adjoints than the lecture."""
    page = visit().page
    nodes = len(traces[0].nodes)
    assert told(page).startswith("Forward pass: v0") or "is given" in told(page)
    assert [line(page, place, "value") != "" for place in range(nodes)] == [True] + [False] * (nodes - 1)
    for _ in range(nodes - 1):
        page.keyboard.press("ArrowRight")
    assert line(page, nodes - 1, "value") == "11.652"
    assert [line(page, place, "derivative") for place in range(nodes)] == [""] * nodes
    page.keyboard.press("ArrowRight")
    assert "Backward pass: start" in told(page)
    page.keyboard.press("End")
    assert [number(line(page, place, "derivative")) for place in (0, 1)] == pytest.approx([5.5, 1.716], abs=5e-4)
    assert page.is_disabled("#next")
    page.keyboard.press("Home")
    assert page.is_disabled("#back")
    assert line(page, nodes - 1, "value") == ""


def test_upstream_times_local_is_downstream(visit, traces):
    """Breaks if the text beside a step has other numbers than the trace."""
    page = visit().page
    steps = int(page.get_attribute("#slider", "max")) + 1
    seen = 0
    for step in range(steps):
        page.evaluate(
            "s => { const e = document.getElementById('slider'); e.value = s; e.dispatchEvent(new Event('input')); }", step
        )
        for row in page.query_selector_all("#telling dl"):
            upstream, local, downstream, _ = (number(cell.inner_text()) for cell in row.query_selector_all("dd"))
            assert upstream * local == pytest.approx(downstream, rel=2e-3)
            seen += 1
    assert seen == sum(len(node.operands) for node in traces[0].nodes)


def test_forward_mode_by_each_seed(visit):
    """Breaks if a seed shows another one's tangents, or choosing one goes back to the start."""
    page = visit().page
    page.check('input[value="forward"]')
    page.click("#last")
    for seed, derivative in ((0, "5.5"), (1, "1.716")):
        page.select_option("#choice", str(seed))
        assert line(page, 6, "derivative") == derivative
        assert f"= {derivative}" in told(page)


def test_another_point(visit, traces):
    page = visit().page
    page.select_option("#point", "1")
    page.click("#last")
    value, adjoint = traces[1].nodes[-1].value, traces[1].nodes[0].adjoint
    assert number(line(page, 6, "value")) == pytest.approx(value, abs=6e-4)
    assert number(line(page, 0, "derivative")) == pytest.approx(adjoint, abs=6e-4)
    assert page.locator(".tables").nth(1).is_visible()
    assert not page.locator(".tables").nth(0).is_visible()


def test_play_goes_on_by_itself_and_stops_at_the_end(visit):
    page = visit().page
    page.select_option("#speed", "500")
    page.focus("#graph")
    page.keyboard.press("Space")
    assert page.inner_text("#play") == "pause"
    page.wait_for_selector("#next:disabled", timeout=20_000)
    assert page.inner_text("#play") == "play"


def test_a_click_on_a_node_goes_to_its_step(visit):
    page = visit().page
    page.locator("#graph g.node").nth(3).click()
    assert page.inner_text("#where").startswith("step 4 of")


@pytest.mark.parametrize("width", [375, 1280])
def test_a_page_fits_its_window(visit, width):
    assert visit(width).page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name(visit):
    """Breaks if somebody who cannot see the page meets a control without a name."""
    nameless = """() => [...document.querySelectorAll("button, select, input")].filter(one =>
      !(one.innerText || one.getAttribute("aria-label") || one.labels && one.labels.length))"""
    assert visit().page.evaluate(f"({nameless})().length") == 0


def test_without_a_script_the_tables_stand(visit):
    page = visit(java_script_enabled=False).page
    assert page.locator(".tables").count() == 2
    assert "11.652" in page.inner_text(".tables")
    assert not page.locator("#player").is_visible()


def test_hostile_names_stay_text(open_page, tmp_path):
    """Breaks if a name ends the script element, or becomes an element itself."""
    hostile = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'
    trace = ad.trace(lambda x: np.sin(x) * x, 2.0, names=[hostile])
    seen = open_page(write_page([trace], tmp_path / "page.html").as_uri())
    assert "taken" not in seen.page.title() or "script" in seen.page.title()
    assert seen.page.locator("img").count() == 0
    assert seen.said == []
    assert hostile in seen.page.inner_text(".tables") or "</script>" in seen.page.inner_text("body")


def test_what_is_refused(traces, tmp_path):
    path = write_page(traces[:1], tmp_path / "page.html")
    with pytest.raises(FileExistsError):
        write_page(traces[:1], path)
    write_page(traces[:1], path, overwrite=True)
    with pytest.raises(OptionError, match="at least one trace"):
        write_page([], path)

    def long(x):
        for _ in range(400):
            x = np.sin(x)
        return x

    with pytest.raises(OptionError, match=r"at most 300.*grouped"):
        write_page([ad.trace(long, 1.0)], tmp_path / "long.html")


def test_forward_mode_without_tangents_says_so(open_page, tmp_path):
    """Breaks if forward mode can be chosen where there is no tangent to show."""
    path = ad.trace(lambda x: np.sum(x * x), np.ones(17)).to_page(tmp_path / "many.html")
    page = open_page(path.as_uri()).page
    assert page.is_disabled('input[value="forward"]')
    assert "tangent=v" in page.inner_text("#no-tangents")
    path = ad.trace(lambda x: np.sum(x * x), np.ones(17), tangent=np.ones(17)).to_page(tmp_path / "one.html")
    page = open_page(path.as_uri()).page
    assert page.is_enabled('input[value="forward"]')
    assert page.locator("#no-tangents").count() == 0


def pair(x):
    a = np.sin(x)
    return {"a": a, "b": a * x}


def test_a_page_is_about_one_function(traces, tmp_path):
    """Breaks if one function's title or nodes stand over another's numbers."""
    with pytest.raises(OptionError, match=r"lecture\(x1, x2\) and of pair\(x\)"):
        traces[0].to_page(tmp_path / "page.html", [ad.trace(pair, 1.0, output="a")])
    one, other = (ad.trace(f, 1.0) for f in (lambda x: np.sin(x) * 2, lambda x: np.cos(x)))
    with pytest.raises(OptionError, match="different nodes"):
        one.to_page(tmp_path / "page.html", [other])
    assert not (tmp_path / "page.html").exists()


def test_outputs_are_told_apart(open_page, tmp_path):
    """Breaks if a trace given twice is offered twice, or two outputs have one name."""
    outputs = [ad.trace(pair, 1.0, output=key) for key in ("a", "b", "b")]
    weights = [ad.trace(pair, 1.0, cotangent={"a": 1.0, "b": b}) for b in (2.0, 3.0)]
    path = outputs[0].to_page(tmp_path / "page.html", [*outputs[1:], *weights])
    page = open_page(path.as_uri()).page
    assert page.locator("#choice option").all_text_contents() == ["a", "v2", "a and v2 (1)", "a and v2 (2)"]


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_long_names_fit_the_window(open_page, tmp_path, width, mode):
    """Breaks if a long name makes the page scroll sideways, or a box as wide as the name."""
    traces = [ad.trace(lambda x: np.sin(x) * x, x, names=["a" * 300]) for x in (1.0, 2.0)]
    page = open_page(traces[0].to_page(tmp_path / "page.html", traces[1:]).as_uri(), width).page
    page.check(f'input[value="{mode}"]')
    for button in ("#last", "#first"):
        page.click(button)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('#graph rect')].map(r => r.getBoundingClientRect().width))")
        < 300
    )
