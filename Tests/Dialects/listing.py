"""Recorded model lists of the native dialects, from a provider of whom nothing but the dialect is known: every model, with what the list tells of it."""
import glob
import json
import os
import traceback

import exchanges
import library
import recordings
import servers

FILES = {"anthropic": ("anthropic.json",), "gemini": ("gemini.json", "gemini-2.json")}
PATHS = {"anthropic": "/v1/models", "gemini": "/v1/models"}


def expected(dialect, document):
    """id -> (name, context, longest answer), read by hand."""
    if dialect == "anthropic":
        return {one["id"]: (one["display_name"], one.get("max_input_tokens"), one.get("max_tokens")) for one in document["data"]}
    return {one["name"].removeprefix("models/"): (one.get("displayName"), one.get("inputTokenLimit"), one.get("outputTokenLimit")) for one in document["models"]}


def lists(dialect, document, least):
    upstream, asked = servers.Upstream(), []

    def behave(handler, seen):
        asked.append(handler.path)
        again = any(word in handler.path for word in ("pageToken=", "after_id="))
        body = {"data": [], "models": [], "has_more": False} if again else document
        servers.send_json(handler, body)
        return True

    upstream.behave = behave
    provider = {"dialect": dialect, "base_url": f"http://127.0.0.1:{upstream.port}/v1", "api_key": "k"}
    it = library.Client(json.dumps({"environment": False, "retry": {"attempts": 0}, "providers": {"p": provider}}))
    try:
        status, answer, error = it.call("list_models", b'{"provider": "p", "fields": ["id", "name", "context_length", "max_output_tokens"]}')
        assert status == 0, error
        told = json.loads(answer)
        assert not told.get("errors") and asked[0].split("?")[0] == PATHS[dialect], (told.get("errors"), asked)
        found = {one["id"].removeprefix("p/"): (one["name"], one["context_length"], one["max_output_tokens"]) for one in told["data"]}
        wanted = expected(dialect, document)
        assert len(wanted) >= least and found == wanted, {id: (found.get(id), wanted.get(id)) for id in {**found, **wanted} if found.get(id) != wanted.get(id)}
    finally:
        it.free()
        upstream.stop()


def all_of(tests):
    for dialect, names in FILES.items():
        for folder in exchanges.folders():
            for path in sorted(glob.glob(os.path.join(folder, "models", "*.json"))):
                name = f"recorded list of {dialect}: {os.path.basename(path)}{' (a part)' if folder == exchanges.SMALL else ''}"
                if os.path.basename(path) not in names or not tests.wanted(name) or not recordings.spoken(dialect):
                    continue
                try:
                    with open(path, "rb") as file:
                        lists(dialect, json.load(file), 5)
                    tests.check(name)
                except Exception:
                    tests.check(name, traceback.format_exc(limit=-3))
