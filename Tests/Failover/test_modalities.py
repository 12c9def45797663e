"""Images, sounds, files and videos: refused before anything is sent where the model takes none, in the words of each dialect in one message, and in answers."""
import base64
import json

import pytest
from files import MP4, PDF, PNG, WAV
from live import provider
from test_choices import always
from test_raw import streamed
from upstreams import completion, response


def b64(octets):
    return base64.b64encode(octets).decode()


def data(kind, octets):
    return f"data:{kind};base64,{b64(octets)}"


IMAGE, IMAGE_AT = {"type": "image_url", "image_url": {"url": data("image/png", PNG)}}, {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": "wav"}}
FILE = {"type": "file", "file": {"file_data": data("application/pdf", PDF), "filename": "a.pdf"}}
VIDEO = {"type": "video_url", "video_url": {"url": data("video/mp4", MP4)}}
PARTS = {
    "image": ("images", IMAGE), "image-url": ("images", IMAGE_AT), "untyped-image": ("images", {"image_url": {"url": "https://x.example/a.png"}}),
    "anthropic-image": ("images", {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}}), "responses-image": ("images", {"type": "input_image", "image_url": "https://x.example/a.png"}),
    "gemini-image": ("images", {"inlineData": {"mimeType": "image/png", "data": b64(PNG)}}), "gemini-sound": ("audio", {"file_data": {"mime_type": "audio/mp3", "file_uri": "gs://a/b"}}),
    "sound": ("audio", SOUND), "vllm-sound": ("audio", {"type": "audio_url", "audio_url": {"url": "https://x.example/a.wav"}}),
    "file": ("files", FILE), "file-id": ("files", {"type": "file", "file": {"file_id": "file-1"}}), "anthropic-file": ("files", {"type": "document", "source": {"type": "url", "url": "https://x.example/a.pdf"}}),
    "responses-file": ("files", {"type": "input_file", "file_url": "https://x.example/a.pdf"}), "nested": ("images", {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": {}}]}),
    "video": ("video", VIDEO), "youtube": ("video", {"type": "video_url", "video_url": {"url": "https://youtu.be/x"}}),
}
DIALECTS = ["openai", "anthropic", "gemini", "openai-responses"]


@pytest.fixture
def bench(gateway, raw):
    def make(dialect, modalities=None, behave=None):
        bench.server = raw(behave or always(response(200, completion())))
        known = {"known_models": {"m": {"input_modalities": modalities}}} if modalities else {}
        return gateway({"providers": {"p": provider(bench.server.url, dialect=dialect, **known)}, "log": "off"})
    bench = make
    return make


def user(*parts):
    return {"model": "p/m", "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("operation", ["chat", "stream"])
@pytest.mark.parametrize("part", PARTS)
def test_a_model_that_takes_only_text(bench, dialect, operation, part):
    word, content = PARTS[part]
    outcome = bench(dialect, ["text"]).call(operation, user(content))
    assert outcome.status == 110 and f"the model takes no {word}" in outcome.error["message"] and not bench.server.bodies, outcome


@pytest.mark.parametrize("dialect", DIALECTS)
def test_in_results_of_tools(bench, dialect):
    request = user()
    request["messages"] += [{"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                            {"role": "tool", "tool_call_id": "c", "content": [IMAGE]}]
    outcome = bench(dialect, ["text"]).call("chat", request)
    assert outcome.status == 110 and "no images" in outcome.error["message"] and not bench.server.bodies, outcome
    bench(dialect, ["text", "image"]).call("chat", request)
    assert b64(PNG) in json.dumps(bench.server.bodies[0])


@pytest.mark.parametrize("surface,request_of", [
    ("messages", {"max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}}]}]}),
    ("messages", {"max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": b64(PDF)}}]}]}),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://x.example/a.png"}]}]}),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": data("application/pdf", PDF), "filename": "a"}]}]})])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_on_the_surfaces(bench, surface, request_of, dialect):
    outcome = bench(dialect, ["text"]).call(surface, {"model": "p/m", **request_of})
    assert outcome.status == 110 and "the model takes no" in outcome.error["message"] and not bench.server.bodies, outcome


def test_what_is_text_is_no_file(bench):
    """Anthropic's documents may hold text, and texts may be parts."""
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    bench("anthropic", ["text"]).call("chat", user(document, {"type": "document", "source": {"type": "content", "content": "x"}}, "more"))
    assert bench.server.bodies[0]["messages"][0]["content"][1] == document
    bench("gemini", ["text"]).call("chat", user({"inlineData": {"mimeType": "text/plain", "data": "QQ=="}}))
    assert bench.server.bodies


def test_another_model_sees_it(gateway, raw, spare):
    blind = raw(always(response(200, completion())))
    client = gateway({"providers": {"p": provider(blind.url, known_models={"m": {"input_modalities": ["text"]}}), "spare": provider(spare.url)}, "provider_order": ["p", "spare"]})
    assert client.call("chat", user(IMAGE)).content == "Hello" and not blind.bodies


MIXED = [IMAGE, {"type": "text", "text": "and"}, IMAGE_AT, SOUND, FILE, VIDEO, {"type": "text", "text": "?"}]
SEEN = {
    "openai": MIXED,
    "gemini": [{"inlineData": {"mimeType": "image/png", "data": b64(PNG)}}, {"text": "and"}, {"fileData": {"mimeType": "image/png", "fileUri": "https://x.example/a.png"}},
               {"inlineData": {"mimeType": "audio/wav", "data": b64(WAV)}}, {"inlineData": {"mimeType": "application/pdf", "data": b64(PDF)}}, {"inlineData": {"mimeType": "video/mp4", "data": b64(MP4)}}, {"text": "?"}],
    "anthropic": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}}, {"type": "text", "text": "and"}, {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
                  {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": b64(PDF)}, "title": "a.pdf"}, {"type": "text", "text": "?"}],
    "openai-responses": [{"type": "input_image", "image_url": data("image/png", PNG), "detail": "auto"}, {"type": "input_text", "text": "and"}, {"type": "input_image", "image_url": "https://x.example/a.png", "detail": "auto"},
                         {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": "wav"}}, {"type": "input_file", "file_data": data("application/pdf", PDF), "filename": "a.pdf"}, {"type": "input_text", "text": "?"}],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_mixed_in_one_message(bench, dialect):
    """Each in its place; what the dialect has no word for is an error that names the part, and nothing is sent."""
    deaf = {"anthropic": [SOUND, VIDEO], "openai-responses": [VIDEO]}.get(dialect, [])
    client = bench(dialect)
    for part in deaf:
        outcome = client.call("chat", user(IMAGE, part))
        assert outcome.status == 109 and "messages[0].content[2]" in outcome.error["message"] and not bench.server.bodies, outcome
    client.call("chat", user(*[part for part in MIXED if part not in deaf]))
    body = bench.server.bodies[0]
    message = (body.get("contents") or body.get("messages") or body.get("input"))[0]
    assert (message.get("parts") or message["content"])[1:] == SEEN[dialect]


# ---------------------------------------------------------------- answers

def gemini(parts, **more):
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **more}], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}, "responseId": "r", "modelVersion": "m"}


def pcm(octets):
    return {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": b64(octets)}}


DRAWN = {"inlineData": {"mimeType": "image/png", "data": b64(PNG)}}


def lines(*documents):
    return streamed("".join(f"data: {json.dumps(document)}\n\n" for document in documents).encode() + b"data: [DONE]\n\n")


@pytest.mark.parametrize("operation", ["chat", "stream"])
def test_images_and_sounds_of_gemini(bench, operation):
    whole, pieces = gemini([{"text": "see"}, DRAWN, pcm(b"abcde"), {"text": "end"}], finishReason="STOP"), [gemini([{"text": "see"}]), gemini([DRAWN]), gemini([pcm(b"a")]), gemini([pcm(b"bcd")]), gemini([pcm(b"e")]),
                                                                                                                       gemini([{"text": "end"}], finishReason="STOP")]
    behave = always(response(200, whole)) if operation == "chat" else always(streamed("".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces).encode()))
    outcome = bench("gemini", behave=behave).call(operation, user())
    message = outcome.answer["choices"][0]["message"]
    assert message["content"] == "seeend" and [image["image_url"]["url"] for image in message["images"]] == [data("image/png", PNG)], outcome
    assert base64.b64decode(message["audio"]["data"], validate=True) == b"abcde" and message["audio"]["mime_type"] == "audio/L16;codec=pcm;rate=24000", message["audio"]
    if operation == "stream":
        told = [json.loads(chunk[0])["choices"][0]["delta"] for chunk in outcome.chunks]
        assert [delta["audio"]["data"] for delta in told if "audio" in delta] == [b64(b"a"), b64(b"bcd"), b64(b"e")] and sum("images" in delta for delta in told) == 1


@pytest.mark.parametrize("last", ["YQ==", "YWI=", "YWJj", "no base64", ""])
def test_sounds_of_openai(bench, last):
    """Pieces of a stream are padded by some; what is none is joined as it is."""
    def chunk(delta, finish=None):
        return {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    pieces = [{"id": "a", "data": "YQ==", "transcript": "a"}, {"data": "YmM=", "transcript": "b"}, {"data": last}, {"expires_at": 9}]
    outcome = bench("openai", behave=always(lines(*[chunk({"audio": piece}) for piece in pieces], chunk({"images": [IMAGE_AT]}), chunk({}, "stop")))).call("stream", user())
    message = outcome.answer["choices"][0]["message"]
    joined = b64(b"abc" + base64.b64decode(last)) if last != "no base64" else "YWJjno base64"
    assert message["audio"] == {"id": "a", "data": joined, "transcript": "ab", "expires_at": 9} and message["images"] == [IMAGE_AT], outcome


@pytest.mark.parametrize("surface", ["messages", "responses"])
@pytest.mark.parametrize("operation", ["", "_stream"])
def test_images_on_the_surfaces(bench, surface, operation):
    whole = gemini([{"text": "see"}, DRAWN], finishReason="STOP")
    behave = always(streamed(f"data: {json.dumps(whole)}\n\n".encode()) if operation else response(200, whole))
    request = {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]} if surface == "messages" else {"model": "p/m", "input": "x"}
    outcome = bench("gemini", behave=behave).call(surface + operation, request)
    if surface == "messages":
        assert outcome.answer["content"][1] == {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}}, outcome
    else:
        assert [(item["type"], item["result"]) for item in outcome.answer["output"][1:]] == [("image_generation_call", b64(PNG))], outcome
    if operation:
        assert any(b64(PNG).encode() in chunk[0] for chunk in outcome.chunks)


@pytest.mark.parametrize("surface", ["messages", "responses"])
@pytest.mark.parametrize("operation", ["", "_stream"])
def test_images_go_back_to_who_drew_them(bench, surface, operation):
    """In their places and with their signatures; the surface's own provider gets none of it."""
    parts = [{"text": "see"}, {**DRAWN, "thoughtSignature": "sig"}, {"text": "it"}]
    whole = gemini(parts, finishReason="STOP")
    first = bench("gemini", behave=always(streamed(f"data: {json.dumps(whole)}\n\n".encode()) if operation else response(200, whole)))
    outcome = first.call(surface + operation, {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]} if surface == "messages" else {"model": "p/m", "input": "x"})
    said = outcome.answer["content" if surface == "messages" else "output"]
    asked = {"model": "p/m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": said}, {"role": "user", "content": "y"}]}
    asked = asked if surface == "messages" else {"model": "p/m", "input": [{"role": "user", "content": "x"}, *said, {"role": "user", "content": "y"}]}
    back = bench("gemini", behave=always(response(200, gemini([{"text": "ok"}], finishReason="STOP")))).call(surface, asked)
    assert back.status == 0 and bench.server.bodies[-1]["contents"][1] == {"role": "model", "parts": parts} and "warnings" not in back.answer["gatelet"], back
    onward = bench("anthropic" if surface == "messages" else "openai-responses")
    outcome = onward.call(surface, asked)
    sent = json.dumps(bench.server.bodies[-1])
    assert b64(PNG) not in sent and "sig" not in sent and "see" in sent, outcome
