"""Vectors: the shapes of OpenAI, Cohere, Ollama and Gemini, floats and base64, and what cannot be said."""
import base64
import json
import random
import struct
import traceback

import exchanges
import library
import recordings
import servers

PRICES = {"pricing": {"prompt": "1", "completion": "0"}}
DOTS = {"cohere": "/v2/embed", "ollama": "/compatibility/api/embed", "openai": "/compatibility/v1/embeddings", "gemini": "/compatibility/v1/models/e:batchEmbedContents"}


class Vectors:
    """A provider of each dialect, which answers what is put into `answer`."""

    def __init__(self):
        self.upstream = servers.Upstream()
        self.upstream.behave = lambda handler, seen: servers.send(handler, self.status, self.answer, x_request_id="req-7") or True
        url = f"http://127.0.0.1:{self.upstream.port}/compatibility/v1"
        self.dialects = [name for name in DOTS if recordings.spoken(name)]
        providers = {name: {"dialect": name, "base_url": url, "api_key": "k", "known_models": {"e": PRICES}} for name in self.dialects}
        providers["few"] = {"dialect": "openai", "base_url": url, "api_key": "k", "capabilities": {"embedding_inputs": 2}, "known_models": {"e": PRICES}}
        providers["bytes"] = {"dialect": "openai", "base_url": url, "api_key": "k", "capabilities": {"embedding_format": "int8"}, "known_models": {"e": PRICES}}
        self.client = library.Client(json.dumps({"environment": False, "request_extensions": "all", "providers": providers, "retry": {"attempts": 0}}))

    def ask(self, dialect, answer, status=200, **request):
        """(status, answer or error, body as it was sent)"""
        self.status, self.answer, self.upstream.seen = status, answer if isinstance(answer, bytes) else json.dumps(answer).encode(), []
        ours = {} if "gatelet" in request else {"gatelet": {"provider": dialect}}
        code, body, error = self.client.call("embeddings", json.dumps({"model": "e", "input": "x", **request, **ours}).encode())
        seen = self.upstream.seen
        assert not seen or dialect not in DOTS or seen[-1].path == DOTS[dialect], seen[-1].path
        return code, json.loads(body or error, parse_float=str), json.loads(seen[-1].raw) if seen else None

    def close(self):
        self.client.free()
        self.upstream.stop()


def floats(vector):
    """As 32-bit floats, whichever form."""
    packed = base64.b64decode(vector, validate=True) if isinstance(vector, str) else struct.pack(f"<{len(vector)}f", *map(float, vector))
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def given(dialect, vectors, tokens=5, packed=False):
    """An answer of that dialect."""
    shown = [base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode() for v in vectors] if packed else vectors
    if dialect == "cohere":
        return {"id": "c", "embeddings": {"base64" if packed else "float": shown}, "texts": ["x"], "response_type": "embeddings_by_type",
                "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": tokens - 1, "image_tokens": 1}}}
    if dialect == "ollama":
        return {"model": "e", "embeddings": shown, "total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": tokens}
    if dialect == "gemini":
        return {"embeddings": [{"values": v} for v in shown], "usageMetadata": {"promptTokenCount": tokens}}
    return {"object": "list", "model": "e", "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            "data": [{"object": "embedding", "index": n, "embedding": v} for n, v in enumerate(shown)]}


# ---------------------------------------------------------------- recorded

def recorded(it):
    """Each recorded answer of Cohere and Ollama: the same vectors, tokens and cost, in either form; and the request as it was recorded."""
    count = 0
    for record in exchanges.records():
        dialect = record["provider"]
        path = record["request"]["url"]
        if record["api"] != "embeddings" or not path.endswith(("/embed", "/v2/embed")):
            continue
        count += 1
        text = record["response"]["body"]
        body = text[text.index("{"):text.rindex("}") + 1]
        sent, answer = json.loads(record["request"]["body"]), json.loads(body, parse_float=str)
        request = spoken_by_openai(sent)
        status, got, wrote = it.ask(dialect, body.encode(), record["response"]["status"], **request)
        wanted = {name: value for name, value in sent.items() if value is not None and name != "model"}
        if "embedding_types" not in wanted and dialect == "cohere":
            wanted["embedding_types"] = ["float"]
        if dialect == "ollama":
            wanted["input"] = sent["input"]
        del wrote["model"]
        assert wrote == wanted, (record["id"], wrote)
        if record["response"]["status"] != 200:
            assert status == 304 and got["provider_message"] == answer["message"], got
            continue
        assert status == 0, got
        vectors = answer["embeddings"] if isinstance(answer["embeddings"], list) else answer["embeddings"]["float"]
        assert [one["embedding"] for one in got["data"]] == vectors and [one["index"] for one in got["data"]] == list(range(len(vectors)))
        billed = answer.get("meta", {}).get("billed_units", {})
        tokens = answer.get("prompt_eval_count", billed.get("input_tokens"))
        if tokens is None:
            assert "usage" not in got
        else:
            assert got["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens} and got["gatelet"]["cost"]["total"] == str(tokens), got["gatelet"]
        assert got["object"] == "list" and got["model"] and "embeddings" not in got and got.get("id") == answer.get("id") and got.get("meta") == answer.get("meta")
        assert got["gatelet"]["provider_request_id"] == "req-7"
        status, packed, _ = it.ask(dialect, body.encode(), encoding_format="base64", **request)
        assert status == 0 and [floats(one["embedding"]) for one in packed["data"]] == [floats(vector) for vector in vectors]
    assert count >= exchanges.least(0, 20), count


def spoken_by_openai(sent):
    names = {"texts": "input", "images": "input", "output_dimension": "dimensions"}
    return {names.get(name, name): value for name, value in sent.items() if value is not None and name != "model"}


# ---------------------------------------------------------------- forms

def either_form(it):
    """Whatever form a provider gives, the caller gets the one he asked for, and what the answer says beside stays."""
    chance = random.Random(5)
    vectors = [[chance.uniform(-1, 1) for _ in range(16)] for _ in range(3)]
    narrow = [floats(vector) for vector in vectors]
    for dialect in it.dialects:
        for packed in (False, True) if dialect in ("openai", "cohere") else (False,):
            for form in ("float", "base64", None):
                request = {"input": ["a", "b", "c"], **({"encoding_format": form} if form else {})}
                status, got, _ = it.ask(dialect, given(dialect, vectors, packed=packed), **request)
                how = f"{dialect}, {'base64' if packed else 'floats'} for {form}"
                assert status == 0, (how, got)
                shown = [one["embedding"] for one in got["data"]]
                assert [floats(one) for one in shown] == narrow, how
                assert all(isinstance(one, str) == (form == "base64" or packed and not form) for one in shown), how
                assert got["usage"]["prompt_tokens"] == 5 and got["gatelet"]["cost"]["total"] == "5" and got["model"] == "e", how


def every_float(it):
    """The digits of any 32-bit float are that float again, and no more than it needs."""
    chance = random.Random(11)
    numbers = [struct.unpack("<f", struct.pack("<I", chance.getrandbits(32)))[0] for _ in range(6000)]
    numbers += [0.0, -0.0, 1.0, -1.0, 100.0, 1e10, 0.1, 16777216.0, 3.4028234663852886e38, 1.401298464324817e-45, 1.1754943508222875e-38, 9.999999e-5, 123456.7]
    numbers = floats([one for one in numbers if one - one == 0])
    status, got, _ = it.ask("openai", given("openai", [numbers], packed=True), encoding_format="float")
    assert status == 0, got
    shown = [str(one) for one in got["data"][0]["embedding"]]
    assert floats(shown) == numbers
    for text, number in zip(shown, numbers):
        least = next(n for n in range(1, 10) if abs(float(f"{number:.{n - 1}e}")) < 3.4028235e38 and floats([f"{number:.{n - 1}e}"]) == [number])
        digits = text.lstrip("-").split("e")[0].replace(".", "").strip("0")
        assert abs(number) < 1.2e-38 or len(digits) <= least, (text, number)


def no_floats(it):
    """What is no base64 of floats is no answer, where floats were asked for; otherwise it is the caller's to read."""
    for text in ("AAAA", "!!!!", "AAAAAAA=", base64.b64encode(struct.pack("<f", float("nan"))).decode(), base64.b64encode(struct.pack("<f", float("inf"))).decode()):
        answer = given("openai", [[1.0]])
        answer["data"][0]["embedding"] = text
        status, error, _ = it.ask("openai", answer, encoding_format="float")
        assert status == 312 and error["kind"] == "bad_response" and "no base64 of 32-bit floats" in error["message"], (text, status, error)
        for request in ({}, {"encoding_format": "base64"}, {"encoding_format": "base64_int8"}):
            assert it.ask("openai", answer, **request)[0] == 0
    several = given("openai", [[1.0]])
    several["data"][0]["embedding"] = [[0.5, 1.5], [2.5, 3.5]]
    assert it.ask("openai", several, encoding_format="base64")[1]["data"][0]["embedding"] == [["0.5", "1.5"], ["2.5", "3.5"]]


def signed_bytes(it):
    """Perplexity's: each byte is a number. Words that OpenAI has are not sent there, and its own pass."""
    numbers = [[-128.0, -1.0, 0.0], [1.0, 127.0, 5.0]]
    answer = given("openai", [base64.b64encode(struct.pack("3b", *map(int, one))).decode() for one in numbers])
    for form in (None, "float", "base64", "base64_int8"):
        status, got, sent = it.ask("bytes", answer, input=["a", "b"], **({"encoding_format": form} if form else {}))
        assert status == 0 and sent.get("encoding_format") == (form if form == "base64_int8" else None), (form, got, sent)
        shown = [one["embedding"] for one in got["data"]]
        if form == "base64_int8":
            assert shown == [one["embedding"] for one in answer["data"]]
        else:
            assert [floats(one) for one in shown] == numbers and all(isinstance(one, str) == (form == "base64") for one in shown), (form, shown)
    status, error, _ = it.ask("bytes", given("openai", ["!!"]), encoding_format="float")
    assert status == 312 and "no base64 of bytes" in error["message"], error


def wrong_answers(it):
    for dialect in ("cohere", "ollama"):
        for answer in ({}, {"embeddings": []}, {"embeddings": {}}, {"embeddings": None}, {"embeddings": "no"}, {"embeddings": [[]]}, {"embeddings": [["a"]]},
                       {"embeddings": {"float": []}}, {"embeddings": 3}, {"data": []}, [], b"no", b"", b'{"embeddings": [[1', given(dialect, [[1.0], [2.0]])):
            status, error, _ = it.ask(dialect, answer)
            assert status and error["kind"] in ("bad_response", "empty"), (dialect, answer, status, error)
        status, error, _ = it.ask(dialect, {"error": "model is gone", "message": "model is gone"})
        assert status and "model is gone" in error["message"] + str(error["provider_message"])


# ---------------------------------------------------------------- requests

def to_cohere(it):
    answer = given("cohere", [[1.0]])
    assert it.ask("cohere", answer, input="x\ud83dy", user="u", dimensions=None, truncate="END")[2] == {
        "model": "e", "texts": ["x\ufffdy"], "truncate": "END", "input_type": "search_document", "embedding_types": ["float"]}
    status, got, sent = it.ask("cohere", answer, user="u", dimensions=256, encoding_format="base64", input_type="search_query")
    assert sent == {"model": "e", "texts": ["x"], "output_dimension": 256, "input_type": "search_query", "embedding_types": ["base64"]}
    assert [(one["code"], one["path"]) for one in got["gatelet"]["warnings"]] == [("dropped", "user")]
    image = "data:image/png;base64,AAAA"
    assert it.ask("cohere", answer, input=[image])[2] == {"model": "e", "images": [image], "input_type": "image", "embedding_types": ["float"]}
    for given_input in ([1, 2], [[1, 2]], ["a", image], [image, "a"], ["a", 3], 7, {"text": "a"}, ["a", None]):
        status, error, sent = it.ask("cohere", answer, input=given_input)
        assert (status, error["kind"], sent) == (109, "unsupported", None) and "`input`" in error["message"], (given_input, error)
    several = given("cohere", [[1.0]])
    several["embeddings"]["int8"] = [[7]]
    got = it.ask("cohere", several, embedding_types=["int8", "float"])[1]
    assert got["data"][0]["embedding"] == ["1.0"] and got["embeddings"]["int8"] == [[7]]


def to_ollama(it):
    request = {"input": ["a"], "dimensions": 64, "truncate": False, "options": {"num_ctx": 9}, "keep_alive": "1m"}
    got, sent = it.ask("ollama", given("ollama", [[1.0]]), **request)[1:]
    assert sent == {"model": "e", **request} and got["total_duration"] == 14143917


def too_many(it):
    """More inputs than a provider takes: another is asked, or nobody."""
    answer = given("openai", [[1.0]] * 3)
    status, error, sent = it.ask("few", answer, input=["a", "b", "c"])
    assert status == 110 and "few: it takes fewer inputs at once than the request has (2)" in error["message"] and sent is None, error
    status, got, _ = it.ask("few", answer, input=["a", "b", "c"], model="few/e", models=["openai/e"], gatelet={})
    assert status == 0 and got["gatelet"]["provider"] == "openai" and len(got["gatelet"]["attempts"]) == 1
    assert it.ask("few", given("openai", [[1.0]] * 2), input=["a", "b"])[0] == 0
    assert it.ask("few", given("openai", [[1.0]]), input=[1, 2, 3])[0] == 0, "tokens of one text"
    status, error, sent = it.ask("gemini", {}, input=["a"] * 101)
    assert status == 110 and error["kind"] == "refused" and "gemini: it takes fewer inputs at once than the request has (100)" in error["message"] and sent is None, error


def to_gemini(it):
    """Vectors in the form that was asked for, without a word of it; both spellings of a member are one."""
    answer = {"embeddings": [{"values": [0.5, 1.0]}] * 100}
    status, got, sent = it.ask("gemini", answer, input=["a"] * 100, encoding_format="base64", task_type="A", taskType="B")
    assert status == 0 and "warnings" not in got["gatelet"] and [floats(one["embedding"]) for one in got["data"]] == [floats(["0.5", "1.0"])] * 100, got
    assert {one["taskType"] for one in sent["requests"]} == {"B"}, sent


def lacking(it):
    """A modality that the model lacks: named before anything is sent, and another candidate is asked that has it."""
    url = f"http://127.0.0.1:{it.upstream.port}/v1"
    seeing = {"image": {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, "audio": {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
              "file": {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
              "video": {"type": "video_url", "video_url": {"url": "https://a.test/v.mp4"}}}
    said = {"image": "images", "audio": "audio", "file": "files", "video": "video"}
    it.status, it.answer = 200, json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "seen"}}]}).encode()
    for kind, part in seeing.items():
        providers = {name: {"base_url": url, "api_key": "k", "known_models": {"m": {"input_modalities": words}}} for name, words in (("p", ["text"]), ("q", ["text", kind]))}
        client = library.Client(json.dumps({"environment": False, "providers": providers}))
        for message in ({"role": "user", "content": [{"type": "text", "text": "what?"}, part]}, {"role": "tool", "tool_call_id": "c", "content": [part]}):
            it.upstream.seen = []
            messages = [{"role": "user", "content": "hi"}, message]
            status, _, error = client.call("chat", json.dumps({"model": "p/m", "messages": messages, "gatelet": {"provider": "p"}}).encode())
            error = json.loads(error)
            assert status == 110 and f'model "m": p: the model takes no {said[kind]}' in error["message"] and error["model"] == "m" and it.upstream.seen == [], error
            status, answer, _ = client.call("chat", json.dumps({"model": "p/m", "messages": messages}).encode())
            assert status == 0 and json.loads(answer)["gatelet"]["provider"] == "q" and [one.path for one in it.upstream.seen] == ["/v1/chat/completions"]
        client.free()


def all_of(tests):
    listing = {f"vectors: {test.__name__.replace('_', ' ')}": test for test in (recorded, either_form, every_float, no_floats, signed_bytes, wrong_answers, to_cohere, to_ollama, to_gemini, too_many, lacking)}
    listing = {name: test for name, test in listing.items() if tests.wanted(name)}
    if not listing:
        return
    it = Vectors()
    try:
        for name, test in listing.items():
            try:
                test(it)
                tests.check(name)
            except Exception:
                tests.check(name, traceback.format_exc(limit=-3))
    finally:
        it.close()
