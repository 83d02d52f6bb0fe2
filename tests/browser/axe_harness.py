"""How the browser tests open Chromium and judge a page: accessibility, width, size of what can be pressed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_HINT = "Chromium absent: install the Debian package chromium"
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--disable-gpu",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=CHROMIUM_HINT)

# Links inside a sentence may be smaller (WCAG 2.5.8); all else is measured, a field with its label.
PRESSABLE = """
    (floor) => {
      const shown = (element) =>
        element.getClientRects().length && getComputedStyle(element).visibility !== "hidden";
      const inSentence = (element) => element.matches("a:not([class])")
        && element.closest("p, li, dd")?.textContent.trim() !== element.textContent.trim();
      const box = (element) => {
        const rect = element.getBoundingClientRect();
        const label = element.labels?.[0]?.getBoundingClientRect();
        const after = getComputedStyle(element, "::after");
        const stretched = after.content !== "none" && after.position === "absolute" && element.offsetParent;
        const cover = stretched ? element.offsetParent.getBoundingClientRect() : rect;
        const boxes = [rect, cover, ...(label ? [label] : [])];
        const largest = (side) => Math.max(...boxes.map((one) => one[side]));
        return { width: largest("width"), height: largest("height") };
      };
      const pressable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
      return [...document.querySelectorAll(pressable)]
        .filter((element) => shown(element) && !element.disabled && !element.closest(".vh, .skip"))
        .filter((element) => !inSentence(element))
        .map((element) => ({ element, ...box(element) }))
        .filter(({ width, height }) => width < floor - 0.5 || height < floor - 0.5)
        .map(({ element, width, height }) => [Math.round(width), Math.round(height), element.outerHTML])
        .map(([width, height, html]) => `${width}x${height} ${html.replace(/\\s+/g, " ").slice(0, 110)}`);
    }
"""

# What overflows the page, without the children of boxes that scroll or clip by themselves.
TOO_WIDE = """
    () => [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`)
      .slice(0, 8)
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of the machine; skips the test with one clear line when there is none."""
    if CHROMIUM is None:
        pytest.skip(CHROMIUM_HINT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Fault:
    """One broken rule, and the elements that break it."""

    rule: str
    impact: str
    words: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.rule} ({self.impact}): {self.words}"]
        return "\n".join([*lines, *(f"    {place}" for place in self.places)])


def accessibility_faults(page: Page) -> list[Fault]:
    """What axe finds wrong with the page as it stands, for WCAG 2.2 AA and its best practices."""
    options = {"runOnly": {"type": "tag", "values": list(RULES)}, "resultTypes": ["violations"]}
    with _seen_at_once(page):
        found = Axe().run(page, options=options).response["violations"]
    return [_fault(violation) for violation in found]


@contextmanager
def _seen_at_once(page: Page) -> Iterator[None]:
    """Make the window as tall as the page: what is fixed then covers only the room kept for it."""
    usual = page.viewport_size
    assert usual is not None
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": usual["width"], "height": max(usual["height"], tall)})
    yield
    page.set_viewport_size(usual)


def _fault(violation: dict[str, Any]) -> Fault:
    places = tuple(_place(node) for node in violation["nodes"][:6])
    return Fault(violation["id"], str(violation["impact"]), violation["help"], places)


def _place(node: dict[str, Any]) -> str:
    why = " / ".join(line.strip() for line in node["failureSummary"].splitlines()[1:])
    return f"{' '.join(map(str, node['target']))}: {why[:240]}"


def assert_accessible(page: Page) -> None:
    faults = accessibility_faults(page)
    assert not faults, f"{len(faults)} accessibility faults on {page.url}\n" + "\n".join(map(str, faults))


def assert_no_sideways_scroll(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    seen = page.evaluate("document.documentElement.clientWidth")
    assert wide <= seen, f"{page.url} is {wide} px wide on a screen of {seen} px: {page.evaluate(TOO_WIDE)}"


def assert_targets(page: Page, floor: int = 48) -> None:
    small = page.evaluate(PRESSABLE, floor)
    assert not small, f"smaller than {floor} px on {page.url}:\n" + "\n".join(small)
