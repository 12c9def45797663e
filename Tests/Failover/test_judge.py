"""What counts as an answer: empty ones, errors in every place and shape, several choices, last events, text over the border of
two events. Streams and blocking answers are judged alike."""
import json
import random
import time

import pytest
from conftest import ask, attempts, both, taken_over
from live import provider
from upstreams import STREAM_HEAD, always, response, stream


def choice(delta=None, finish=None, index=0, **members):
    return {"index": index, "delta": delta or {}, "finish_reason": finish, **members}


def chunk(*choices, **members):
    return json.dumps({"id": "main", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": list(choices), **members})


ROLE = chunk(choice({"role": "assistant", "content": ""}))
WORD = chunk(choice({"content": "Main"}))
STOP = chunk(choice(finish="stop"))
NO_TOKENS = {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}
SOME_TOKENS = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def blocking(message=None, finish=None, **members):
    return {"id": "main", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", **(message or {})}, "finish_reason": finish}], **members}


def end_of(outcome):
    return outcome.end["end"], outcome.status


# ---------------------------------------------------------------- nothing in it

EMPTY_STREAMS = [(ROLE, "[DONE]"), (ROLE, STOP, "[DONE]"), (ROLE, chunk(choice(finish="stop"), usage=NO_TOKENS), "[DONE]"),
                 (ROLE, STOP, chunk(usage=NO_TOKENS), "[DONE]"), (ROLE, chunk(choice(finish="tool_calls")), "[DONE]"), (STOP,),
                 (chunk(choice({"tool_calls": [], "content": None}, "stop")), "[DONE]"), (ROLE, chunk(choice(finish="eos")), "[DONE]"),
                 (chunk(choice({"refusal": False}, "null")), "[DONE]")]
EMPTY_ANSWERS = [blocking({"content": None}), blocking({"content": ""}, "stop", usage=NO_TOKENS), blocking({"content": ""}, "tool_calls"),
                 {"choices": [{"message": {"role": "assistant", "content": None}}]}]


@pytest.mark.parametrize("operation, data", [("stream", stream(*datas)) for datas in EMPTY_STREAMS] + [("chat", response(200, answer)) for answer in EMPTY_ANSWERS])
def test_nothing_is_empty_and_the_next_provider_answers(pair, raw, spare, operation, data):
    main = raw(always(data))
    outcome = ask(pair(main.url), operation)
    taken_over(outcome, spare, "empty")
    assert len(main.arrivals) == 1
    if operation == "stream":
        assert outcome.end["end"] == "finished" and outcome.text == "Hello"


@pytest.mark.parametrize("members", [{"stop": ["\n"]}, {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}])
@both
def test_a_model_may_be_silent_where_it_was_allowed(pair, raw, spare, operation, members):
    main = raw(always(stream(ROLE, STOP, "[DONE]") if operation == "stream" else response(200, blocking({"content": ""}, "stop"))))
    outcome = ask(pair(main.url), operation, **members)
    assert outcome.status == 0 and attempts(outcome) == [("main", "ok")]


@pytest.mark.parametrize("finish, members", [("length", {}), ("content_filter", {}), ("a_new_word", {}), ("stop", {"usage": SOME_TOKENS})])
@both
def test_what_explains_that_there_is_nothing(pair, raw, spare, operation, finish, members):
    streamed = stream(ROLE, chunk(choice(finish=finish)), chunk(**members), "[DONE]")
    main = raw(always(streamed if operation == "stream" else response(200, blocking({"content": ""}, finish, **members))))
    outcome = ask(pair(main.url), operation)
    assert outcome.status == 0 and attempts(outcome) == [("main", "ok")]
    assert outcome.answer["choices"][0]["finish_reason"] == finish  # an unknown word stays visible


@both
def test_an_empty_answer_is_retried_once_and_may_be_billed(gateway, raw, operation):
    main = raw(always(stream(ROLE, STOP, chunk(usage=NO_TOKENS), "[DONE]") if operation == "stream" else response(200, blocking({"content": ""}, "stop", usage=NO_TOKENS))))
    client = gateway({"providers": {"main": provider(main.url)}, "retry": {"attempts": 3, "backoff_base": 0.01}, "log": "off"})
    outcome = ask(client, operation)
    assert outcome.status == 311 and len(main.arrivals) == 2, outcome
    assert all(attempt["cost"]["at_least"] for attempt in outcome.error["attempts"]), outcome.error
    if operation == "stream":  # nobody else: its chunks are the caller's
        assert end_of(outcome) == ("error", 311) and outcome.chunks


@pytest.mark.parametrize("has_finish", [True, False])
@both
def test_only_an_answer_without_finish_reason_counts_for_the_breaker(gateway, raw, operation, has_finish):
    finish = "stop" if has_finish else None
    main = raw(always(stream(ROLE, chunk(choice(finish=finish)), "[DONE]") if operation == "stream" else response(200, blocking({"content": ""}, finish))))
    client = gateway({"providers": {"main": provider(main.url)}, "retry": {"attempts": 0}, "breaker": {"failures": 3}, "log": "off"})
    for _ in range(6):
        assert ask(client, operation).status == 311
    (model,) = client.providers("main")["main"]["health"]["models"]
    assert model["breaker"] == ("closed" if has_finish else "open"), model


# ---------------------------------------------------------------- errors

FINISHES = [("error", "unavailable"), ("network_error", "unavailable"), ("insufficient_system_resource", "overloaded"), ("malformed_function_call", "bad_response"),
            ("malformed_tool_use", "bad_response"), ("malformed_model_output", "bad_response"), ("failed", "server")]


@pytest.mark.parametrize("finish, status", FINISHES)
@both
def test_finish_reasons_that_mean_failure(pair, raw, spare, operation, finish, status):
    main = raw(always(stream(ROLE, chunk(choice(finish=finish)), "[DONE]") if operation == "stream" else response(200, blocking({"content": ""}, finish))))
    taken_over(ask(pair(main.url), operation), spare, status)


@pytest.mark.parametrize("finish, status", FINISHES)
def test_finish_reasons_that_mean_failure_after_the_first_word(pair, raw, spare, finish, status):
    main = raw(always(stream(ROLE, WORD, chunk(choice(finish=finish)), "[DONE]")))
    outcome = pair(main.url).stream("main/m")
    assert outcome.text == "Main" and outcome.end["end"] == "error" and spare.seen == []
    assert outcome.end["error"]["code"] == finish and outcome.end["error"]["kind"] == status, outcome.end


@pytest.mark.parametrize("finish, state", [("malformed_function_call", "closed"), ("missing_thought_signature", "closed"), ("error", "open")])
@both
def test_a_call_that_went_wrong_does_not_count_for_the_breaker(gateway, raw, operation, finish, state):
    """Tools that a user sent with the request may be why."""
    main = raw(always(stream(ROLE, chunk(choice(finish=finish)), "[DONE]") if operation == "stream" else response(200, blocking({"content": ""}, finish))))
    client = gateway({"providers": {"main": provider(main.url)}, "retry": {"attempts": 0}, "breaker": {"failures": 3}, "log": "off"})
    for _ in range(4):
        assert ask(client, operation).status in (308, 312)
    (model,) = client.providers("main")["main"]["health"]["models"]
    assert model["breaker"] == state, model


DOCUMENTS = [
    {"object": "error", "message": "it broke", "type": "internal", "code": 500}, {"message": "it broke", "code": "oops"}, {"message": "it broke"}, {"detail": "it broke"},
    {"errors": [{"message": "it broke"}]}, {"type": "error", "error": {"type": "api_error", "message": "it broke"}},
    {"base_resp": {"status_code": 1002, "status_msg": "it broke"}}, {"success": False, "code": 500, "msg": "it broke"}, {"error": "it broke"},
    {"error": {"message": "it broke"}}, {"status": "error", "message": "it broke"},
    {"errors": {"model": ["it broke"]}}, {"error": "invalid_token", "error_description": "it broke"}, {"Error": {"Code": "Internal", "Message": "it broke"}},
    {"err": "it broke"}, {"exception": "it broke"}, {"failure": {"message": "it broke"}}, {"fault": {"faultstring": "it broke"}}, {"ok": False, "description": "it broke"},
    {"title": "it broke", "status": 502}, {"type": "about:blank", "title": "Bad Gateway", "status": 502, "detail": "it broke"}, {"status": 503, "reason": "it broke"},
    {"timestamp": 1, "status": 500, "error": "Internal Server Error", "message": "it broke", "path": "/"}, {"statusCode": 500, "message": "it broke"},
    {"event": "error", "data": {"message": "it broke"}}, {"type": "error", "data": "it broke"},
    {"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error", "message": "it broke"}}},
    {"throttlingException": {"message": "it broke"}}, {"internalServerException": {"message": "it broke"}}, {"errorMessage": "it broke", "errorType": "Runtime.ExitError"},
    {"ResponseMetadata": {"RequestId": "r", "Error": {"Code": "InternalError", "Message": "it broke"}}}, {"Response": {"Error": {"Code": "InternalError", "Message": "it broke"}}},
    {"header": {"code": 10013, "message": "it broke", "sid": "s"}}, {"errcode": 40001, "errmsg": "it broke"}, {"error_code": 336100, "error_msg": "it broke"},
    {"internal_code": 3040, "description": "it broke", "name": "InferenceUpstreamError"}, {"code": "server_error", "description": "it broke"},
]
# Beside choices without content.
DOCUMENTS += [{**document, "choices": [{"index": 0, "delta": {}, "message": {"content": ""}}]} for document in (
    {"code": 500, "error_msg": "it broke"}, {"object": "error", "message": "it broke"}, {"status": "failed", "message": "it broke"}, {"fault": {"faultstring": "it broke"}})]
SHAPES = ([f"data: {json.dumps(document)}\n\n".encode() for document in DOCUMENTS]
          + [f"data: {chunk(choice(error={'code': 502, 'message': 'it broke'}, finish='error'))}\n\n".encode(),
             f"data: {chunk(choice({}), base_resp={'status_code': 1002, 'status_msg': 'it broke'})}\n\n".encode(),
             b"event: error\ndata: it broke\n\n", b'event: error\ndata: {"anything": 1, "message": "it broke"}\n\n', b'{"error":{"message":"it broke"}}\n',
             b'{"detail":"it broke"}\n\n', json.dumps({"error": {"message": "it broke"}}, indent=2).encode() + b"\n\n",
             b"<html>\r\n<head><title>it broke</title></head>\r\n<body>\r\n\r\n</body></html>\r\n", b"data: <html><title>it broke</title></html>\n\n",
             b"data: it broke\n\n", b'data: {"choices":[{"index":0,"delta":{"con{"error":{"message":"it broke"}}\n\n'])


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_before_the_first_word(pair, raw, spare, shape):
    main = raw(always(stream(ROLE, shape, "[DONE]")))
    outcome = pair(main.url).stream("main/m")
    taken_over(outcome, spare)
    assert outcome.text == "Hello" and outcome.end["end"] == "finished"


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_after_the_first_word(pair, raw, spare, shape):
    main = raw(always(stream(ROLE, WORD, shape, STOP, "[DONE]")))
    outcome = pair(main.url).stream("main/m")
    assert outcome.text == "Main" and outcome.end["end"] == "error" and spare.seen == [], outcome
    error = outcome.end["error"]
    assert "it broke" in (error["provider_message"] or "") + error["message"], error


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("before", [(STOP,), ("[DONE]",), (STOP, "[DONE]")])
def test_errors_behind_the_end_are_flagged(pair, raw, spare, shape, before):
    main = raw(always(stream(ROLE, WORD, *before, shape)))
    outcome = pair(main.url).stream("main/m")
    assert end_of(outcome) == ("finished", 0) and outcome.text == "Main" and attempts(outcome) == [("main", "ok")], outcome
    assert outcome.end["gatelet"]["late_error"] and outcome.answer["choices"][0]["message"]["content"] == "Main"


@pytest.mark.parametrize("shape", SHAPES)
def test_an_error_behind_nothing_is_the_end(pair, raw, spare, shape):
    main = raw(always(stream(ROLE, STOP, shape, "[DONE]")))
    (_, status), answered = attempts(pair(main.url).stream("main/m"))
    assert status not in ("ok", "empty") and answered == ("spare", "ok")


@pytest.mark.parametrize("document", [*DOCUMENTS, {"choices": [{"error": {"code": 502, "message": "it broke"}, "message": {"content": ""}}]},
                                      {"choices": [{"error": {"code": 502, "message": "it broke"}, "message": {"content": "half"}, "finish_reason": "error"}]}])
def test_errors_in_a_blocking_200(gateway, pair, raw, spare, document):
    main = raw(always(response(200, document)))
    taken_over(pair(main.url).chat("main/m"), spare)
    alone = gateway({"providers": {"main": provider(main.url)}, "log": "off"}).chat("main/m")
    assert alone.status >= 300 and alone.error["provider_message"].endswith("it broke"), alone


@pytest.mark.parametrize("members", [{"error": None}, {"error": ""}, {"error": False}, {"error": {}}, {"error": {"code": 0, "message": "success"}}, {"status_code": 0},
                                     {"code": 0}, {"code": 200, "message": "ok"}, {"code": "success"}, {"success": True}, {"message": {"a": 1}},
                                     {"base_resp": {"status_code": 0, "status_msg": ""}}, {"detail": "fast"}, {"status": 200}, {"status": "completed"}, {"ok": True},
                                     {"header": {"code": 0, "message": "Success"}}, {"errcode": 0, "errmsg": "ok"}, {"statusCode": 200, "message": "OK"},
                                     {"response": {"status": "completed", "error": None}}, {"event": "start"}, {"type": "ping"}, {"title": "news"}, {"errors": []},
                                     {"exception": None}, {"failure": False}, {"error_message": "success"}])
@both
def test_what_is_no_error(pair, raw, spare, operation, members):
    whole = [json.dumps({**json.loads(one), **members}) for one in (ROLE, WORD, STOP)] if "detail" not in members else [ROLE, json.dumps({**json.loads(WORD), **members}), STOP]
    if "detail" not in members:
        whole.insert(1, json.dumps(members))  # an event of its own, as some servers send at the beginning
    main = raw(always(stream(*whole, "[DONE]") if operation == "stream" else response(200, {**blocking({"content": "Main"}, "stop"), **members})))
    outcome = ask(pair(main.url), operation)
    assert outcome.status == 0 and attempts(outcome) == [("main", "ok")], outcome
    assert "late_error" not in outcome.answer["gatelet"]


def test_random_streams_with_an_error_never_finish(pair, raw, spare):
    """A known error document or broken JSON at any place before the end."""
    dice = random.Random(20261130)
    broken = [b"data: {\n\n", b'data: {"choices":[{"index":0,"delta":{"content":"x}\n\n', b"data: }{\n\n", b"data: [1,\n\n"]
    kinds = SHAPES + broken
    bodies = []
    for number in range(3 * len(kinds)):
        pieces = [ROLE] + [chunk(choice({"content": f" {n}"})) for n in range(dice.randrange(6))]
        pieces = [f"data: {piece}\n\n".encode() for piece in pieces]
        pieces.insert(dice.randrange(len(pieces) + 1), kinds[number % len(kinds)])
        tail = [f"data: {STOP}\n\n".encode(), b"data: [DONE]\n\n"][:dice.randrange(3)]
        bodies.append(b"".join([*pieces, *tail]))

    def behave(connection, number):
        body = bodies[number]
        if number // len(kinds) == 0:
            connection.send(STREAM_HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
            return True
        connection.send(STREAM_HEAD + b"transfer-encoding: chunked\r\n\r\n")
        while body:
            size = dice.randrange(1, 60) if number // len(kinds) == 1 else len(body)
            piece, body = body[:size], body[size:]
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        return True

    main = raw(behave)
    client = pair(main.url)
    for number, body in enumerate(bodies):
        outcome = client.stream("main/m", n=1 + number % 2)
        statuses = dict(attempts(outcome))
        assert statuses["main"] != "ok" and (outcome.end["end"] != "finished" or outcome.text == "Hello"), (body, outcome)


# ---------------------------------------------------------------- several choices, and the end of a stream

def cut(*datas, close=True):
    """The events of a stream whose connection then breaks."""
    def behave(connection, _):
        connection.send(stream(*datas)[:-5])
        connection.close()
    return behave


TWO = [chunk(choice({"content": "long "})), chunk(choice({"content": "short"}, "stop", index=1)), chunk(choice({"content": "answer goes "}))]


@pytest.mark.parametrize("n", [2, 3])
def test_one_of_two_choices_is_no_end(pair, raw, spare, n):
    outcome = pair(raw(cut(*TWO)).url).stream("main/m", n=n)
    assert end_of(outcome) == ("truncated", 208), outcome


def test_all_choices_are_the_end_of_a_cut_stream(pair, raw, spare):
    outcome = pair(raw(cut(*TWO, chunk(choice(finish="stop")))).url).stream("main/m", n=2)
    assert end_of(outcome) == ("finished", 0) and outcome.end["gatelet"]["unclean_close"], outcome


def test_a_provider_that_knows_no_n(pair, raw, spare):
    """The body that ended in order says that there are no more choices; a broken one does not."""
    datas = [WORD, STOP]
    assert end_of(pair(raw(always(stream(*datas))).url).stream("main/m", n=2)) == ("finished", 0)
    assert end_of(pair(raw(cut(*datas)).url).stream("main/m", n=2)) == ("truncated", 208)


@pytest.mark.parametrize("word", ["null", "None"])
def test_a_finish_reason_that_is_the_word_for_none(pair, raw, spare, word):
    datas = [chunk(choice({"content": "Ma"}, word)), chunk(choice({"content": "in"}, word))]
    assert end_of(pair(raw(cut(*datas)).url).stream("main/m")) == ("truncated", 208)
    assert end_of(pair(raw(always(stream(*datas, STOP))).url).stream("main/m")) == ("finished", 0)


def test_the_idle_clock_is_not_shortened_by_one_of_two_choices(pair, raw, spare):
    def behave(connection, _):
        connection.send(stream(*TWO[:2])[:-5])
        time.sleep(11.5)  # longer than what is left when the answer is whole
        rest = stream(TWO[2], chunk(choice(finish="stop")), "[DONE]")
        connection.send(rest[rest.index(b"\r\n\r\n") + 4:])
        return True

    outcome = pair(raw(behave).url).stream("main/m", n=2)
    assert end_of(outcome) == ("finished", 0) and outcome.text == "long answer goes ", outcome


def sized(body):
    return STREAM_HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


OPEN = f"data: {ROLE}\n\ndata: {WORD}\n\ndata: {STOP}".encode()


@pytest.mark.parametrize("body", [OPEN, OPEN + b"\n", OPEN + b"\r\n", f"data: {WORD}\n\ndata: [DONE]".encode()])
def test_the_last_event_needs_no_blank_line(pair, raw, spare, body):
    outcome = pair(raw(always(sized(body))).url).stream("main/m")
    assert end_of(outcome) == ("finished", 0) and outcome.text == "Main", outcome
    if body.startswith(OPEN):
        assert outcome.answer["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("send", ["short", "close", "half"])
def test_a_last_event_that_was_cut_off_is_truncated(pair, raw, spare, send):
    def behave(connection, _):
        if send == "half":  # in order, but no whole JSON
            connection.send(sized(OPEN[:-5]))
            return True
        connection.send(STREAM_HEAD + (b"content-length: 9999\r\n\r\n" if send == "short" else b"connection: close\r\n\r\n") + OPEN)
        connection.close()

    outcome = pair(raw(behave).url).stream("main/m")
    assert end_of(outcome) == ("truncated", 208) and outcome.text == "Main", outcome


def test_an_error_as_the_last_open_event(pair, raw, spare):
    outcome = pair(raw(always(sized(f'data: {WORD}\n\ndata: {{"error":{{"message":"it broke"}}}}'.encode()))).url).stream("main/m")
    assert outcome.end["end"] == "error" and outcome.end["error"]["provider_message"] == "it broke"


# ---------------------------------------------------------------- text over the border of two events

def test_a_surrogate_pair_over_two_events(pair, raw, spare):
    def delta(members):
        return '{"choices":[{"index":0,"delta":{%s},"finish_reason":null}]}' % members

    call = '"tool_calls":[{"index":0,%s"function":{%s"arguments":"%s"}}]'
    datas = [delta(r'"content":"x\ud83d"'), delta(r'"content":"\ude00y"'), delta(r'"reasoning_content":"x\uD83D"'), delta(r'"reasoning_content":"\uDE00y"'),
             delta(r'"refusal":"x\ud83d"'), delta(r'"refusal":"\ude00y"'), delta(call % ('"id":"a",', '"name":"f",', r"{\"a\":\"\ud83d")), delta(call % ("", "", r"\ude00\"}")), STOP]
    outcome = pair(raw(always(stream(*datas, "[DONE]"))).url).stream("main/m")
    assert outcome.status == 0 and outcome.text == "x\U0001f600y"
    assert "".join(chunk[2].decode() for chunk in outcome.chunks) == "x\U0001f600y"
    assert [chunk[0].decode() for chunk in outcome.chunks] == datas  # bytes as they came
    message = outcome.answer["choices"][0]["message"]
    assert message["content"] == message["reasoning_content"] == message["refusal"] == "x\U0001f600y"
    assert message["tool_calls"][0]["function"]["arguments"] == '{"a":"\U0001f600"}'


def test_half_a_character_that_nothing_completes(pair, raw, spare):
    datas = [r'{"choices":[{"index":0,"delta":{"content":"x\ud83d"}}]}', WORD, STOP]
    outcome = pair(raw(always(stream(*datas, "[DONE]"))).url).stream("main/m")
    assert outcome.text == "x\ufffdMain" and outcome.answer["choices"][0]["message"]["content"] == "x\ufffdMain"


def test_reasoning_falls_back_to_its_details(pair, raw, spare):
    details = [{"type": "reasoning.text", "text": "a"}, {"type": "reasoning.encrypted", "data": "zzz"}, {"type": "reasoning.summary", "summary": "b"}]
    datas = [chunk(choice({"content": "", "reasoning_details": details})), chunk(choice({"reasoning": "c", "reasoning_details": details})), WORD, STOP]
    outcome = pair(raw(always(stream(*datas, "[DONE]"))).url).stream("main/m")
    assert "".join(chunk[2].decode() for chunk in outcome.chunks) == "abc" and outcome.text == "Main"


# ---------------------------------------------------------------- embeddings, and the member stream

@pytest.mark.parametrize("data", [[], [{"index": 0, "embedding": [0.1]}], [{"index": 0, "embedding": [0.1]}, {"index": 0, "embedding": [0.1]}],
                                  [{"index": 0, "embedding": [0.1]}, {"index": 1, "embedding": []}], [{"index": 0, "embedding": "AA=="}, {"index": 1, "embedding": ""}],
                                  [{"index": 0, "embedding": [0.1]}, {"index": 1, "embedding": [None]}], [{"index": 0, "embedding": [0.1]}, {"index": 1, "embedding": ["x"]}],
                                  [{"index": 0, "embedding": [0.1]}, {"index": 2, "embedding": [0.1]}], [{"index": 0, "embedding": [0.1]}, {"index": 10**19, "embedding": [0.1]}],
                                  [{"index": 0, "embedding": [0.1]}, {"index": 1, "embedding": [[]]}], [{"index": 0, "embedding": [0.1]}, None]])
def test_embeddings_that_are_not_complete(pair, raw, spare, data):
    main = raw(always(response(200, {"object": "list", "data": data})))
    outcome = pair(main.url).call("embeddings", {"model": "main/m", "input": ["a", "b"]})
    document = outcome.error or outcome.answer["gatelet"]
    assert (document["attempts"][0]["provider"], document["attempts"][0]["status"]) == ("main", "bad_response"), outcome


@pytest.mark.parametrize("said", [True, False, None])
@both
def test_stream_is_what_the_function_says(pair, raw, spare, operation, said):
    main = raw(always(stream(WORD, STOP, "[DONE]") if operation == "stream" else response(200, blocking({"content": "Main"}, "stop"))))
    client = pair(main.url)
    assert ask(client, operation, stream=said).status == 0 and main.bodies[-1]["stream"] is (operation == "stream")
    assert ask(client, operation).status == 0 and main.bodies[-1].get("stream") is (True if operation == "stream" else None)
    client = pair(main.url, main={"stream_false": True})
    assert ask(client, operation).status == 0 and main.bodies[-1]["stream"] is (operation == "stream")
