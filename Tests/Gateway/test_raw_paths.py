"""Paths of the settings that are handed on to one provider."""

from __future__ import annotations

from typing import Any, Callable, Dict

import openai
import pytest
import requests
from conftest import EXAMPLES, Process, eventually
from upstream import SOUND, Upstream

PATHS = {
    "POST /v1/audio/speech": "up",
    "/v1/audio/transcriptions": "up",
    "POST /v1/images/generations": "up",
    "POST /v1/moderations": "up",
    "GET /v1/files/{id}/content": "up",
}
SPEECH: Any = {"model": "tts-1", "voice": "alloy", "input": "Hello"}


@pytest.fixture
def gateway(start: Callable[..., Process]) -> Process:
    return start(raw_paths=PATHS)


def test_nothing_is_handed_on_by_itself(start: Callable[..., Process], upstream: Upstream) -> None:
    gateway = start()
    for path in "/v1/audio/speech", "/v1/moderations", "/v1/files":
        told = gateway.post(path, SPEECH)
        assert told.status_code == 404 and told.json()["error"]["code"] == "not_found"
    assert upstream.requests == []


def test_by_the_official_sdk(gateway: Process, upstream: Upstream) -> None:
    with openai.OpenAI(base_url=gateway.url + "/v1", api_key="the-callers", max_retries=0) as sdk:
        spoken = sdk.audio.speech.create(**SPEECH)
        assert spoken.content == SOUND and spoken.response.headers["content-type"] == "audio/mpeg"
        assert sdk.audio.transcriptions.create(model="whisper-1", file=("a.mp3", SOUND)).text == "1 sound"
        assert upstream.requests[-1]["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")
        pictures = sdk.images.generate(model="gpt-image-1", prompt="A gate").data
        assert pictures and pictures[0].b64_json == "AAAA"
        assert sdk.moderations.create(input="bad").results[0].flagged
    assert [one["path"] for one in upstream.requests] == ["/v1/audio/speech", "/v1/audio/transcriptions", "/v1/images/generations", "/v1/moderations"]
    for sent in upstream.requests:
        assert sent["headers"]["Authorization"] == "Bearer sk-provider" and "the-callers" not in str(sent["headers"])


def test_keys_and_limits(start: Callable[..., Process], upstream: Upstream) -> None:
    keys: Dict[str, Any] = {
        "some": {"key": "sk-some", "limits": {"requests_per_minute": 1}},
        "dear": {"key": "sk-dear", "limits": {"usd_per_day": "1"}},
        "bound": {"key": "sk-bound", "max_cost": "1"},
    }
    gateway = start(raw_paths=PATHS, keys=keys, gatelet=upstream.config(limits={"max_wait": 0}))
    ask = lambda key: gateway.post("/v1/moderations", {"input": "x"}, headers={"Authorization": f"Bearer {key}"})  # noqa: E731
    assert [ask(key).status_code for key in ("none", "sk-some", "sk-some", "sk-dear", "sk-bound")] == [401, 200, 429, 403, 403]
    assert len(upstream.requests) == 1


def test_other_methods_and_paths(gateway: Process, upstream: Upstream) -> None:
    assert gateway.get("/v1/moderations").status_code == 405
    assert gateway.post("/v1/audio/translations", SPEECH).status_code == 404
    for path in "/v1/files/a%2Fb/content", "/v1/files/..%2f..%2fx/content", "/v1/files/%00/content", "/v1/files/a?b/content", "/v1/files/a/b/content":
        assert gateway.get(path).status_code in (400, 404), path
    assert upstream.requests == []
    assert gateway.get("/v1/files/f-1/content?limit=1", headers={"X-Own": "1"}).status_code == 404  # the provider's own
    assert upstream.requests[-1]["path"] == "/v1/files/f-1/content" and "X-Own" not in upstream.requests[-1]["headers"]


def test_failures(gateway: Process, upstream: Upstream) -> None:
    told = gateway.get("/v1/files/f-1/content")
    assert told.status_code == 404 and told.json()["error"]["message"]
    assert gateway.post("/v1/moderations", "no object").status_code in (400, 502)
    for _ in range(2):
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            gateway.get("/v1/files/cut/content")
    assert gateway.post("/v1/moderations", {"input": "x"}).status_code == 200


def test_who_leaves_ends_the_request(gateway: Process, upstream: Upstream) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(gateway.url + "/v1/files/silent/content", timeout=1)
    eventually(lambda: upstream.closed == 1)


def test_wrong_settings(start: Callable[..., Process]) -> None:
    import sys

    sys.path.insert(0, str(EXAMPLES))
    from gateway.raw_paths import rules_of
    from gateway.settings import Settings, SettingsError

    for said in "/v2/x", "TRACE /v1/x", "/v1/", "/v1/../x", "/v1/{}", "v1/x", "/v1/a b":
        with pytest.raises(SettingsError, match="raw_paths"):
            rules_of(Settings(raw_paths={said: "up"}))
    with pytest.raises(SettingsError, match="raw_paths"):
        rules_of(Settings(raw_paths={"/v1/x": ""}))
    assert rules_of(Settings(raw_paths={"/v1/x": "up"}))[0].method == "POST"
