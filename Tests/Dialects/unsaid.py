"""What a surface has no form for: it is told once, where its clients leave out what they do not know, and nothing of it is lost."""
import json

import handmade_responses as openai
import replies
import surfaces
from compare import differs

IMAGE = {"id": "ig_01", "type": "image_generation_call", "status": "completed", "output_format": "webp", "revised_prompt": "a \"cat\"", "result": "UklGRg=="}
DRAWN = [openai.message("Here: "), (IMAGE, [])]
BESIDE = [{"text": "hello", "newMember": {"a": 1.50}}, {"functionCall": {"name": "f", "args": {"a": 1}}, "newMember": 2}]
GEMINI = {"candidates": [{"content": {"parts": BESIDE, "role": "model"}, "finishReason": "STOP", "index": 0}], "responseId": "r", "modelVersion": "m",
          "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}
AUDIO = {"id": "audio_1", "data": "UklGRg==", "transcript": "Hi \u00fc", "expires_at": 7}
SPOKEN = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "audio": AUDIO}, "finish_reason": "stop"}],
          "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}
PIECES = [{"audio": {"id": "audio_1", "transcript": "Hi "}}, {"audio": {"data": "UklG"}}, {"audio": {"transcript": "\u00fc", "data": "Rg=="}}, {"audio": {"expires_at": 7}}]


def chunks(deltas):
    made = [{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    made.append({**made[0], "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return replies.stream([("", one) for one in made] + [("", "[DONE]")])


def events(text):
    return {"status": 200, "headers": replies.EVENTS, "bytes": text.encode()}


PROVIDERS = [("openai-responses", replies.answer(openai.response([item for item, _ in DRAWN]), 200)), ("openai-responses", events(openai.written(openai.events(*DRAWN)))),
             ("gemini", replies.answer(GEMINI, 200)), ("gemini", events(f"data: {json.dumps(GEMINI)}\n\n")), ("openai", replies.answer(SPOKEN, 200)), ("openai", chunks(PIECES))]
DRAWING, FROM_GEMINI, SPEAKING = (0, 1), (2, 3), (4, 5)


def told(client, surface, number, streams):
    """(answer, events)"""
    body = json.dumps({"model": f"p{number}/m", **replies.BODY[surface]}).encode()
    if not streams:
        status, answer, error = client.call(surface, body)
        assert status == 0, error
        return json.loads(answer), []
    status, heard, _, answer, error = surfaces.stream(client, surface + "_stream", body)
    assert status == 0, error
    return json.loads(answer), [(name, json.loads(data)) for name, data in heard]


def a_picture_is_one_block(client, streams):
    answer, heard = told(client, "messages", DRAWING[streams], streams)
    found = []
    wanted = [{"type": "text", "text": "Here: "}, {"type": "image", "source": {"type": "base64", "media_type": "image/webp", "data": IMAGE["result"]},
                                                    "gatelet": "gatelet:openai-responses-v1:block:1:" + json.dumps({k: v for k, v in IMAGE.items() if k != "result"}, separators=(",", ":"))}]
    blocks = [answer["content"]]
    if streams:
        blocks.append([data["content_block"] for name, data in heard if name == "content_block_start"])
        blocks[1][0] = wanted[0]
    for one in blocks:
        found += differs("blocks", one, wanted)
    return found + [f"the picture is told {text.count(IMAGE['result'])} times" for text in [json.dumps(answer)] if text.count(IMAGE["result"]) != 1]


def what_stands_beside_a_part_is_told(client, streams):
    answer, heard = told(client, "messages", FROM_GEMINI[streams], streams)
    wanted = [{"format": "google-gemini-v1", "index": 0, "place": 0, "at": 0, "beside": "text", "block": {"newMember": {"a": 1.50}}},
              {"format": "google-gemini-v1", "index": 1, "place": 1, "at": 5, "beside": "functionCall", "block": {"newMember": 2}}]
    found = differs("provider_blocks", answer.get("provider_blocks"), wanted) + differs("blocks", [block["type"] for block in answer["content"]], ["text", "tool_use"])
    if streams:
        deltas = [data for name, data in heard if name == "gatelet.delta"]
        found += differs("events", [block for data in deltas for block in data["delta"]["provider_blocks"]], wanted) + differs("type", {data["type"] for data in deltas}, {"gatelet.delta"})
    return found


def sound(client, surface, streams):
    answer, heard = told(client, surface, SPEAKING[streams], streams)
    found = differs("audio", answer.get("audio"), AUDIO) + differs("warnings", [(one["code"], one["path"]) for one in answer["gatelet"].get("warnings", [])], [("dropped", "choices[0].message.audio")])
    if streams and surface == "messages":
        found += differs("events", [data["delta"] for name, data in heard if name == "gatelet.delta"], PIECES)
    if streams and surface == "responses":
        for kind, member in (("audio", "data"), ("audio.transcript", "transcript")):
            pieces = [data["delta"] for name, data in heard if name == f"response.{kind}.delta"]
            found += differs(kind, pieces, [delta["audio"][member] for delta in PIECES if member in delta["audio"]]) + differs("done", [name for name, _ in heard].count(f"response.{kind}.done"), 1)
        found += differs("last event", heard[-1][1]["response"].get("audio"), AUDIO)
        found += [fault for name, data in heard for fault in surfaces.invalid(surfaces.responses_types()[1], data, name)]
    return found


def silence_warns_of_nothing(client, surface):
    answer, _ = told(client, surface, FROM_GEMINI[0], False)
    return differs("warnings", answer["gatelet"].get("warnings"), None) + differs("audio", "audio" in answer, False)


def all_of(tests):
    checks = [(f"unsaid {check.__name__.replace('_', ' ')}{' in a stream' * streams}", check, (streams,)) for check in (a_picture_is_one_block, what_stands_beside_a_part_is_told) for streams in (False, True)]
    checks += [(f"unsaid sound of {surface}{' in a stream' * streams}", sound, (surface, streams)) for surface in surfaces.OWN for streams in (False, True)]
    checks += [(f"unsaid {surface} without sound", silence_warns_of_nothing, (surface,)) for surface in surfaces.OWN]
    checks = [one for one in checks if tests.wanted(one[0])]
    replies.checked(tests, PROVIDERS, checks)
