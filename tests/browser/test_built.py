"""The built site and slides in a real browser: links, no error, nothing from outside, axe at 0 faults."""

import importlib.util
from collections import Counter

import pytest

from bertlab.build import site, slides
from bertlab.build.chromium import find_chromium
from bertlab.notebooks import find_notebooks
from tests.browser import axe
from tests.browser.lab import HARMLESS, browser
from tests.test_build_site import dead_links

for package in ("playwright", "sphinx", "myst_nb", "sphinx_book_theme", "sphinx_revealjs"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(
            f"{package} is missing: pip install -e '.[browser,build]'", allow_module_level=True
        )
if find_chromium() is None:
    pytest.skip("neither Chromium nor Chrome is on the PATH", allow_module_level=True)

LESSONS = [path.stem for path in find_notebooks()]
PAGES = ["index", "claims", "licences", "search", *(f"lessons/{stem}" for stem in LESSONS)]
needs_axe = pytest.mark.skipif(
    not axe.SCRIPT.is_file(), reason="no axe-core: run npm ci in tests/browser"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Site and slides of every lesson."""
    out = tmp_path_factory.mktemp("built")
    for module, name in ((site, "site"), (slides, "slides")):
        (out / name).mkdir()
        module.build(find_notebooks(), out / name)
    return out


@pytest.fixture(scope="module")
def chromium():
    with browser(1280, 900) as page:
        yield page.context.browser


class Visit:
    """A page of its own, which keeps what went wrong on it."""

    def __init__(self, chromium, path, scheme="light"):
        self.problems = []
        self.page = chromium.new_page(
            viewport={"width": 1280, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.goto(path.as_uri())

    def _console(self, message):
        if message.type == "error" and not any(word in message.text for word in HARMLESS):
            self.problems.append(f"console error: {message.text}")

    def _request(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.problems.append(f"request to the outside: {request.url}")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.page.close()


@needs_axe
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_site_has_no_fault(built, chromium, name, scheme):
    with Visit(chromium, built / "site" / f"{name}.html", scheme) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert visit.page.evaluate("document.documentElement.dataset.theme") == scheme
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visit.page.evaluate(wide) <= 0, "the page is wider than the window"
        assert axe.faults(visit.page) == []
        assert visit.problems == []


def test_every_link_of_the_site_leads_somewhere(built):
    assert dead_links(built / "site") == []


def test_the_search_finds_a_lesson(built, chromium):
    with Visit(chromium, built / "site" / "search.html") as visit:
        visit.page.goto(visit.page.url + "?q=WordPiece")
        visit.page.wait_for_selector("#search-results a[href*='lessons/']", timeout=30_000)
        assert visit.problems == []


def test_the_theme_can_be_chosen_by_keyboard(built, chromium):
    with Visit(chromium, built / "site" / "index.html") as visit:
        keyboard = visit.page.keyboard
        for presses, theme in ((3, "dark"), (2, "light")):
            visit.page.locator("button.theme-switch-button").first.focus()
            keyboard.press("Enter")
            visit.page.wait_for_selector(".theme-change-button:visible")
            for _ in range(presses):
                keyboard.press("Tab")
            keyboard.press("Enter")
            visit.page.wait_for_selector(f"html[data-theme={theme}]")
        assert visit.problems == []


@needs_axe
@pytest.mark.timeout(900)
@pytest.mark.parametrize("stem", LESSONS)
def test_a_deck_has_no_fault(built, chromium, stem):
    with Visit(chromium, built / "slides" / f"{stem}.html") as visit:
        page = visit.page
        page.wait_for_selector("html[data-ready]", timeout=120_000)
        headings = page.locator(".slides h1, .slides h2, .slides h3").count()
        total = page.evaluate("Reveal.getTotalSlides()")
        assert headings and total > 5
        overflowing, titles = [], Counter()
        for number in range(1, total + 1):
            high, wide, title = page.evaluate(
                """() => { const s = Reveal.getCurrentSlide();
                    return [s.scrollHeight - s.clientHeight, s.scrollWidth - s.clientWidth,
                            s.innerText.slice(0, 50)]; }"""
            )
            titles[title] += 1
            if high > 1 or wide > 1:
                overflowing.append((number, title, high, wide))
            page.keyboard.press("ArrowRight")
        assert overflowing == []
        parted = page.locator(".slides [aria-label^='Recap'] > details:first-child")
        assert parted.count() == 0, "options of a recap without their question"
        assert titles.total() == total and page.evaluate("Reveal.isLastSlide()")
        assert axe.faults(page) == []
        page.evaluate(_ALL_AT_ONCE)
        assert axe.faults(page, ".slides") == []
        assert visit.problems == []


# Every slide shown below the other: axe passes over what is hidden, and one look is quicker than 80.
_ALL_AT_ONCE = """() => {
    document.documentElement.classList.add('measuring');
    for (const one of document.querySelectorAll('.slides, .slides section')) {
        one.hidden = false;
        one.removeAttribute('aria-hidden');
        one.style.cssText = 'display: block; position: static; transform: none; zoom: 1';
    }
    for (const one of document.querySelectorAll('.reveal > :not(.slides)')) one.remove();
}"""


def test_faults_are_seen(chromium, tmp_path):
    if not axe.SCRIPT.is_file():
        pytest.skip("no axe-core: run npm ci in tests/browser")
    page = tmp_path / "faulty.html"
    page.write_text(
        "<!doctype html><html><title>x</title><main><h1>x</h1><img src='data:,'>"
        "<p style='color:#bbb'>faint</p><script src='http://192.0.2.1/x.js'></script></main>"
    )
    with Visit(chromium, page) as visit:
        found = "\n".join(axe.faults(visit.page))
        assert all(name in found for name in ("image-alt", "color-contrast", "html-has-lang"))
        assert any("to the outside" in problem for problem in visit.problems)
