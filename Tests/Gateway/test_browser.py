"""The status page in a real browser. Pictures of it are put into build/gateway/pictures."""

from __future__ import annotations

import calendar
import json
import signal
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from browser import chromium
from conftest import EXAMPLES, MESSAGES, Process, eventually

PICTURES = EXAMPLES.parent / "build/gateway/pictures"
CONFIG: Any = {
    "environment": False,
    "retry": {"attempts": 0},
    "breaker": {"enabled": False},
    "providers": {
        "main": {"dialect": "dev", "token_delay": 0.01, "faults": {"sequence": ["ok", 503, "ok", 429, "ok", 500]}},
        "spare": {"dialect": "dev", "token_delay": 0.02},
    },
    "provider_order": ["main", "spare"],
}


@pytest.fixture
def browser() -> Iterator[Any]:
    made = chromium()
    yield made
    made.quit()


def picture(browser: Any, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(PICTURES / f"{name}.png"))


def text(browser: Any, selector: str) -> str:
    found: str = browser.execute_script("return document.querySelector(arguments[0]).innerText", selector)
    return found


def ask(gateway: Process, count: int, model: str = "echo") -> None:
    for i in range(count):
        told = gateway.post("/v1/chat/completions", {"model": model, "messages": MESSAGES, "stream": bool(i % 2)})
        assert told.status_code == 200


def show(browser: Any, gateway: Process, page: str) -> None:
    browser.get(f"{gateway.url}/#{page}")
    eventually(lambda: browser.execute_script("return !document.getElementById(arguments[0] + '-page').hidden", page))


def test_every_page(browser: Any, start: Callable[..., Process]) -> None:
    from selenium.webdriver.support.ui import Select

    gateway = start(gatelet=CONFIG, lists_at_start=True)
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Pacific/Auckland"})  # far from UTC, which is what the page tells
    ask(gateway, 12)
    show(browser, gateway, "overview")
    eventually(lambda: "spare" in text(browser, "#providers") and "main/echo" in text(browser, "#failovers"))
    assert "overloaded (503)\tnext provider" in text(browser, "#failovers")
    assert "local\t12\t" in text(browser, "#keys tbody")
    assert browser.execute_script("return typeof Chart") == "function", "Chart.js did not come: libjs-chart.js"
    before = text(browser, "#failovers").count("main/echo")
    ask(gateway, 4)
    eventually(lambda: text(browser, "#failovers").count("main/echo") > before)  # as they happen, without a reload
    eventually(lambda: "16\nrequests" in text(browser, "#tiles"))
    time.sleep(3)  # some spots for the curve
    picture(browser, "overview")

    show(browser, gateway, "activity")
    eventually(lambda: "echo" in text(browser, "#groups tbody"))
    assert "16\nrequests" in text(browser, "#sums")
    by = Select(browser.find_element("css selector", "[data-for=activity] [name=by]"))
    by.select_by_visible_text("day")
    eventually(lambda: text(browser, "#groups tbody").startswith(time.strftime("%Y-%m-%d", time.gmtime())))
    by.select_by_visible_text("provider")
    eventually(lambda: "spare" in text(browser, "#groups tbody"))
    picture(browser, "activity")

    show(browser, gateway, "logs")
    eventually(lambda: text(browser, "#rows tbody").count("local") == 16)
    told = [calendar.timegm(time.strptime(line[:19], "%Y-%m-%d %H:%M:%S")) for line in text(browser, "#rows tbody").splitlines()]
    assert all(abs(at - time.time()) < 600 for at in told), told
    suggested = browser.execute_script("return [...document.getElementById('known-seen').options].map((one) => one.value)")
    assert {"echo", "spare/echo"} <= set(suggested)
    model = browser.find_element("css selector", "[data-for=logs] [name=model]")
    model.send_keys("main/echo")
    eventually(lambda: 0 < text(browser, "#rows tbody").count("main/echo") == text(browser, "#rows tbody").count("local") < 16)
    model.clear()
    browser.execute_script("arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", model)
    browser.find_element("css selector", "[data-for=logs] [name=provider]").send_keys("spare")
    eventually(lambda: 0 < text(browser, "#rows tbody").count("spare/echo") == text(browser, "#rows tbody").count("local") < 16)
    assert browser.find_element("css selector", "#csv").get_attribute("href").endswith("/status/logs.csv?provider=spare")
    picture(browser, "logs")

    show(browser, gateway, "models")
    eventually(lambda: "6 of 6" in text(browser, "#found"))
    browser.find_element("css selector", "[data-for=models] [name=q]").send_keys("spare large")
    eventually(lambda: "1 of 6" in text(browser, "#found"))
    assert "$2.5\t$10" in text(browser, "#models tbody")
    picture(browser, "models")
    browser.find_element("css selector", "#models button").click()
    eventually(lambda: browser.execute_script("return document.querySelector('#ask [name=model]').value") == "spare/echo-large")

    browser.find_element("css selector", "#ask textarea").send_keys("Good morning\n")
    eventually(lambda: "You said: Good morning." in text(browser, "#talk") and "tokens in" in text(browser, "#talk"))
    picture(browser, "chat")
    assert [line for line in browser.get_log("browser") if line["level"] != "INFO"] == []


@pytest.mark.long
def test_models_come_when_they_are_there(browser: Any, start: Callable[..., Process], upstream: Any) -> None:
    """The page was opened before any provider told its list."""
    there = upstream.config()
    gateway = start(gatelet={**there, "providers": {"up": {"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}}})
    show(browser, gateway, "models")
    eventually(lambda: "No provider has told a list" in text(browser, "#models tbody") and "No list of " in text(browser, "#missing"))
    gateway.write({"lists_at_start": False, "gatelet": there})
    gateway.signal(signal.SIGHUP)
    eventually(lambda: "up/second" in text(browser, "#models tbody"))
    assert text(browser, "#missing") == ""


@pytest.mark.long
def test_the_chat_box_streams_and_stops(browser: Any, start: Callable[..., Process]) -> None:
    gateway = start(gatelet={"environment": False, "providers": {"dev": {"dialect": "dev", "token_delay": 0.5}}})
    show(browser, gateway, "chat")
    browser.find_element("css selector", "#ask [name=model]").send_keys("dev/echo")
    browser.find_element("css selector", "#ask textarea").send_keys("<img src=x onerror=alert(1)>\n")
    eventually(lambda: "You said:" in text(browser, "#talk"))
    assert "network" not in text(browser, "#talk")  # the answer's last word: more is to come
    assert browser.execute_script("return document.querySelectorAll('#talk img').length") == 0
    browser.find_element("css selector", "#stop").click()
    eventually(lambda: "stopped" in text(browser, "#talk"))
    eventually(lambda: gateway.get("/status/now").json()["live_count"] == 0)
    eventually(lambda: gateway.get("/status/now").json()["total"]["cancelled"] == 1)


@pytest.mark.long
def test_by_keyboard_on_a_phone_and_in_the_dark(browser: Any, start: Callable[..., Process]) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    gateway = start(gatelet=CONFIG, lists_at_start=True)
    ask(gateway, 6)
    light = None
    for scheme in "light", "dark":
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True})
        for page in "overview", "activity", "logs", "models", "chat":
            show(browser, gateway, page)
            eventually(lambda: browser.execute_script("return document.readyState") == "complete")
            wide = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1] == 360, (page, wide)
        colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert colour != light
        light = colour
        show(browser, gateway, "overview")
        eventually(lambda: "main" in text(browser, "#providers"))
        time.sleep(2)
        picture(browser, f"phone-{scheme}")
    # The first Tab reaches the way past the links, the next ones the links.
    browser.get(gateway.url + "/")
    reached = []
    for _ in range(4):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.switch_to.active_element.text)
    assert reached == ["To the content", "Overview", "Activity", "Logs"]
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    eventually(lambda: not browser.find_element(By.ID, "logs-page").get_attribute("hidden"))
    unnamed = "return [...document.querySelectorAll('input, select, textarea')].filter((one) => !one.labels.length).length"
    assert browser.execute_script(unnamed) == 0
    assert [line for line in browser.get_log("browser") if line["level"] != "INFO"] == []


@pytest.mark.long
def test_many_requests_do_not_freeze_it(browser: Any, start: Callable[..., Process], tmp_path: Path) -> None:
    """100,000 requests of the last hours, a thousand more in every second: the page answers to keys all the while."""
    now = int(time.time())
    record = {"operation": "chat", "status": "ok", "end": "finished", "attempts": 1, "usage": {"input": 9, "output": 12}, "cost": {"total": "0.001"}}

    def line(i: int, at: int) -> str:
        who = {"request_id": f"gl-{i}", "time": at, "requested_model": f"m{i % 40}", "model": f"m{i % 40}", "provider": f"p{i % 7}", "tag": f"k{i % 5}"}
        return json.dumps({**record, **who, "timings": {"total_ms": i % 900, "first_content_ms": i % 90}}) + "\n"

    file = tmp_path / "records.jsonl"
    file.write_text("".join(line(i, now - 80_000 + i * 8 // 10) for i in range(100_000)))
    gateway = start(records=str(file), gatelet=CONFIG)
    show(browser, gateway, "activity")
    eventually(lambda: "100,000\nrequests" in text(browser, "#sums"))
    script = "window.gaps = []; let at = performance.now(); setInterval(() => { const now = performance.now(); gaps.push(now - at); at = now; }, 20);"
    browser.execute_script(script)
    for second in range(12):
        with file.open("a") as more:
            more.writelines(line(i, now + second) for i in range(1000))
        time.sleep(1)
    box = browser.find_element("css selector", "[data-for=activity] [name=key]")
    box.send_keys("k3")
    eventually(lambda: "20,000\nrequests" in text(browser, "#sums"))
    assert max(browser.execute_script("return gaps")) < 2000  # a frozen page answers to nothing for much longer
    picture(browser, "many")
