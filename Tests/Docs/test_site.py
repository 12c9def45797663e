"""The site that `make docs` builds: links lead somewhere, the reference is whole, nothing comes from another host, and it looks right."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, Set
from urllib.parse import unquote, urlsplit

import pytest
from blocks import ROOT
from browser import chromium

PICTURES = ROOT / "build/docs-pictures"
SOURCES = ["docs", "include", "scripts", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "bindings/python/README.md", "bindings/python/gatelet", "examples/gateway/README.md"]
SOURCES += [str(page.relative_to(ROOT)) for page in ROOT.glob("examples/embed/*/README.md")]


def build(root: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DOCS_PYTHON": sys.executable}
    return subprocess.run([str(root / "scripts/docs"), str(folder)], capture_output=True, text=True, timeout=300, env=environment)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0 and done.stdout.strip() == f"{folder}/index.html", done
    return folder


def texts(site: Path) -> Dict[str, str]:
    return {str(page.relative_to(site)): page.read_text() for page in sorted(site.rglob("*.html")) if page.name != "404.html"}


def ids(text: str) -> Set[str]:
    return set(re.findall(r'\bid="([^"]+)"', text))


def test_every_link_leads_somewhere(site: Path) -> None:
    pages, broken, followed = texts(site), [], 0
    for name, text in pages.items():
        for target in re.findall(r'(?:href|src)="([^"]*)"', text):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            followed += 1
            to = os.path.normpath(os.path.join(os.path.dirname(name), unquote(parts.path))) if parts.path else name
            if not (site / to).exists():
                broken.append(f"{name}: {target}")
            elif parts.fragment and to in pages and unquote(parts.fragment) not in ids(pages[to]) | {"__skip"}:
                broken.append(f"{name}: {target}")
    assert followed > 2000 and not broken, broken[:20]


def test_nothing_comes_from_another_host(site: Path) -> None:
    for name, text in texts(site).items():
        loaded = re.findall(r'<(?:script|img|iframe|source)[^>]*\bsrc="(https?:[^"]*)"', text) + re.findall(r'<link[^>]*rel="(?:stylesheet|preconnect|icon)"[^>]*href="(https?:[^"]*)"', text)
        assert not loaded, (name, loaded)


def test_the_reference_is_whole(site: Path, tmp_path: Path) -> None:
    """Of the functions that are exported, as the man pages, and of what the Python package shows."""
    exported = {line for line in (ROOT / "docs/symbols.txt").read_text().split() if line.startswith("gatelet_")}
    c = (site / "reference/c.html").read_text()
    subprocess.run([str(ROOT / "scripts/man-pages"), str(ROOT / "include/gatelet.h"), "0", str(tmp_path)], check=True)
    assert exported <= ids(c) and exported <= {page.stem for page in tmp_path.glob("*.3")}
    header = (ROOT / "include/gatelet.h").read_text()
    codes = set(re.findall(r"^ +(GATELET_(?:OK|ERR_\w+)) = ", header, re.M))
    assert len(codes) >= 40 and all(code in c for code in codes)

    python = (site / "reference/python.html").read_text()
    (listed,) = re.findall(r"^__all__ = \[(.*?)\]", (ROOT / "bindings/python/gatelet/__init__.py").read_text(), re.S | re.M)
    names = set(re.findall(r'"(\w+)"', listed)) - {"NOT_GIVEN", "NotGiven", "Omit", "not_given", "omit", "sse", "pydantic_function_tool"}
    lost = {name for name in names if not re.search(rf'id="gatelet[\w.]*\.{name}"|\b{name}\b', python)}
    assert len(names) > 50 and not lost, lost


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in SOURCES:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
    page = (ROOT / "docs/abi.md").read_text()
    (copy / "docs/abi.md").write_text(f"{page}\n[nowhere](nowhere.md), [nothing](errors.md#nothing-of-the-kind)\n")
    (copy / "docs" / "lonely.md").write_text("# Nobody leads here\n")
    done = build(copy, tmp_path / "site")
    assert done.returncode != 0, done
    for said in "'nowhere.md'", "'errors.md#nothing-of-the-kind'", "lonely.md":
        assert said in done.stderr, (said, done.stderr)


# ---------------------------------------------------------------- in a browser


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    made = chromium()
    made.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "localStorage.clear()"})  # what a page before chose
    yield made
    made.quit()


def look(browser: Any, dark: bool, phone: bool) -> None:
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    size = {"width": 390, "height": 844} if phone else {"width": 1300, "height": 1000}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1, "mobile": phone})


@pytest.mark.long
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_in_a_browser(browser: Any, url: str, site: Path, dark: bool, phone: bool) -> None:
    """No page is wider than the screen, none says anything on the console; light and dark are what the system asks for."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    look(browser, dark, phone)
    for name in texts(site):
        browser.get(f"{url}/{name}")
        wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} pixels wider than the screen"
        said = [line for line in browser.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
        assert not said, (name, said)
        if name in ("index.html", "quick-start-python.html", "configuration.html", "reference/c.html", "reference/python.html", "moving/litellm.html"):
            browser.save_screenshot(str(PICTURES / f"{name.replace('/', '-')[:-5]}-{'dark' if dark else 'light'}-{'phone' if phone else 'desk'}.png"))
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == dark, background


@pytest.mark.long
def test_search(browser: Any, url: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    look(browser, False, False)
    browser.get(f"{url}/index.html")
    browser.find_element("css selector", "[data-md-component=search-query]").send_keys("gatelet_queue_next")
    found = WebDriverWait(browser, 60).until(lambda b: b.find_elements("css selector", ".md-search-result__link"))
    assert any("reference/c.html" in (one.get_attribute("href") or "") for one in found)
