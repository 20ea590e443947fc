"""One Chromium for all browser tests. It reaches loopback alone; what it asks of others is noted and refused."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ELSEWHERE = re.compile(r"(?!http://127\.0\.0\.1[:/])https?:")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next((found for found in map(shutil.which, CHROMIUM) if found), None)
    if program is None:
        pytest.skip("there is no Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass(kw_only=True)
class Look:
    """A page as somebody sees it, what it complained of, and what it would have asked of others.

    A request that the page's own policy forbids never gets that far.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    left_for: list[str] = field(default_factory=list)

    def go(self, url: str) -> None:
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Long enough for whatever a page asks for after it was loaded. (Waiting for an idle network may never end.)"""
        self.page.wait_for_timeout(300)

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def faint_texts(self) -> list[Any]:
        return list(self.page.evaluate(FAINT_TEXTS))


Looking = Callable[..., Any]


@pytest.fixture
def look(chromium: Browser) -> Looking:
    """`with look(width=320, dark=True) as seen:` gives a fresh page with its own cookies and cache."""

    @contextmanager
    def looking(*, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Look]:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        seen = Look(page=context.new_page())

        def complain(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                seen.complaints.append(message.text)

        def refuse(route: Route) -> None:
            seen.left_for.append(route.request.url)
            route.abort()

        seen.page.on("console", complain)
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        context.route(ELSEWHERE, refuse)
        try:
            yield seen
        finally:
            context.close()

    return looking


FAINT_TEXTS = """() => {
    // WCAG 2.2 contrast of every text against what is painted behind it. Colours are read off a canvas, so that any
    // notation and any opacity come out as plain RGB.
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], ground) =>
        [r * a + ground[0] * (1 - a), g * a + ground[1] * (1 - a), b * a + ground[2] * (1 - a), 1];
    const light = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const canvasColour = rgba(matchMedia("(prefers-color-scheme: dark)").matches &&
        getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "#121212" : "#ffffff");
    const groundsOf = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            const style = getComputedStyle(at);
            const stops = [...style.backgroundImage.matchAll(/rgba?\\([^)]+\\)/g)].map((match) => rgba(match[0]));
            if (stops.length && style.backgroundImage.startsWith("linear-gradient")) { layers.push(stops); }
            if (rgba(style.backgroundColor)[3] > 0) { layers.push([rgba(style.backgroundColor)]); }
            if (layers.length && layers[layers.length - 1].every((colour) => colour[3] === 1)) { break; }
        }
        let grounds = [canvasColour];
        for (const layer of layers.reverse()) {
            grounds = layer.flatMap((colour) => grounds.map((ground) => over(colour, ground)));
        }
        return grounds;
    };
    const opacityOf = (element) => {
        let opacity = 1;
        for (let at = element; at; at = at.parentElement) { opacity *= Number(getComputedStyle(at).opacity); }
        return opacity;
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        const element = walker.currentNode.parentElement;
        if (!text || element.closest("style, script, title, desc, .unseen") || !element.checkVisibility()) { continue; }
        const box = element.getBoundingClientRect();
        if (box.width < 2 || box.height < 2) { continue; }
        const style = getComputedStyle(element);
        const own = rgba(element.closest("svg") ? style.fill : style.color);
        own[3] *= opacityOf(element);
        const size = parseFloat(style.fontSize);
        const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
        for (const ground of groundsOf(element)) {
            const [low, high] = [luminance(over(own, ground)), luminance(ground)].sort((a, b) => a - b);
            const contrast = (high + 0.05) / (low + 0.05);
            if (contrast < wanted) { faint.push([text.slice(0, 40), Math.round(contrast * 100) / 100]); break; }
        }
    }
    return faint;
}"""
