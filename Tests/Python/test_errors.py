"""Failures become the right exceptions, with everything the provider told."""

from __future__ import annotations

import pickle
import re
import socket
from pathlib import Path
from typing import Any

import gatelet
import httpx
import pytest
from conftest import MESSAGES, Upstream
from gatelet import _errors

BY_HTTP_STATUS = {
    400: gatelet.BadRequestError, 401: gatelet.AuthenticationError, 402: gatelet.FundsError,
    403: gatelet.PermissionDeniedError, 404: gatelet.NotFoundError, 409: gatelet.ConflictError, 422: gatelet.UnprocessableEntityError, 429: gatelet.RateLimitError,
    500: gatelet.InternalServerError, 502: gatelet.InternalServerError, 503: gatelet.InternalServerError,
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", BY_HTTP_STATUS)
def test_http_status(client: gatelet.Client, status: int, stream: bool) -> None:
    with pytest.raises(BY_HTTP_STATUS[status]) as caught:
        client.chat.completions.create(model=f"status:{status}", messages=MESSAGES, stream=stream)
    error = caught.value
    assert isinstance(error, (gatelet.ProviderError, gatelet.APIError)) and 300 <= error.status < 400
    assert error.http_status == error.status_code == status and error.provider == "up" and error.model == f"status:{status}"
    assert error.provider_message == f"told to fail with {status}" and error.kind and error.request_id
    assert error.json["status"] == error.status and str(status) in str(error)
    assert error.retryable == (status in (429, 500, 502, 503))
    if status not in (401, 402, 403):  # which take the only key out of use for a time
        assert client.chat.completions.create(model="chat", messages=MESSAGES).choices


@pytest.mark.parametrize("status", BY_HTTP_STATUS)
async def test_http_status_async(server: Upstream, status: int) -> None:
    for stream in (False, True):
        async with gatelet.AsyncClient(server.config()) as client:
            with pytest.raises(BY_HTTP_STATUS[status]) as caught:
                await client.chat.completions.create(model=f"status:{status}", messages=MESSAGES, stream=stream)
            assert caught.value.http_status == status


def test_code_and_retry_after(client: gatelet.Client) -> None:
    with pytest.raises(gatelet.RateLimitError) as caught:
        client.chat.completions.create(model="status:429", messages=MESSAGES)
    assert caught.value.code == "rate_limit_exceeded" and caught.value.retry_after == pytest.approx(120, abs=1)


def test_no_connection(server: Upstream) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with gatelet.Client(server.config(providers={"up": {"base_url": base, "api_key": "k"}})) as client:
            with pytest.raises(gatelet.ConnectError) as caught:
                client.chat.completions.create(model="chat", messages=MESSAGES)
    assert (
        isinstance(caught.value, gatelet.APIConnectionError) and caught.value.status == 201 and caught.value.http_status is None
    )


@pytest.mark.parametrize("model", ["silent", "slow:5"])
@pytest.mark.parametrize(("limit", "status"), [({"timeout": 0.3}, 204), ({"total_timeout": 0.3}, 207)])
def test_timeout(client: gatelet.Client, model: str, limit: Any, status: int) -> None:
    with pytest.raises(gatelet.APITimeoutError) as caught:
        client.chat.completions.create(model=model, messages=MESSAGES, **limit)
    assert caught.value.status == status and isinstance(caught.value, gatelet.TransportError) and isinstance(caught.value, TimeoutError)


def test_timeout_is_that_of_one_read(client: gatelet.Client) -> None:
    """As in the OpenAI SDK: a stream may take longer, as long as something comes."""
    with client.chat.completions.create(model="paced:5:400", messages=MESSAGES, stream=True, timeout=1.5) as stream:
        assert len([chunk for chunk in stream if chunk.text]) == 5
    with pytest.raises(gatelet.APITimeoutError) as caught:
        list(client.chat.completions.create(model="stall:2", messages=MESSAGES, stream=True, timeout=0.4))
    assert caught.value.kind == "timeout_idle"


def test_no_key_and_no_model() -> None:
    with gatelet.Client(environment=False) as client:
        with pytest.raises(gatelet.CallerError) as caught:
            client.chat.completions.create(model="openrouter/x", messages=MESSAGES)
    assert isinstance(caught.value, (gatelet.NoKeyError, gatelet.ModelUnresolvedError))


def test_every_status_of_the_header_has_a_class() -> None:
    header = (Path(__file__).parents[2] / "include/gatelet.h").read_text()
    numbers = [int(number) for number in re.findall(r"GATELET_ERR_\w+ = (\d+)", header)]
    assert len(numbers) > 35
    for number in numbers:
        error = _errors.make(number, {"message": "m"})
        assert type(error) not in (gatelet.GateletError, gatelet.CallerError, gatelet.TransportError, gatelet.ProviderError), (
            number
        )


@pytest.mark.parametrize(("status", "group"), [(199, gatelet.CallerError), (299, gatelet.TransportError),
                                               (399, gatelet.ProviderError), (499, gatelet.LibraryError), (900, gatelet.GateletError)])  # fmt: skip
def test_statuses_of_later_versions_go_by_group(status: int, group: type[gatelet.GateletError]) -> None:
    assert type(_errors.make(status, {})) is group


def test_errors_can_be_pickled() -> None:
    error = _errors.make(305, {"message": "slow", "retry_after_ms": 1500})
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.status, again.retry_after, str(again)) == (type(error), 305, 1.5, str(error))


@pytest.mark.parametrize(
    ("status", "http_status", "classes"),
    [
        (300, 400, [gatelet.BadRequestError]), (300, 422, [gatelet.UnprocessableEntityError, gatelet.BadRequestError]),
        (300, 409, [gatelet.ConflictError, gatelet.BadRequestError]), (304, 409, [gatelet.NotFoundError, gatelet.ConflictError]),
        (309, 422, [gatelet.ContextLengthError, gatelet.UnprocessableEntityError]), (303, 429, [gatelet.FundsError, gatelet.RateLimitError]), (303, 402, [gatelet.FundsError]),
        (301, 400, [gatelet.AuthenticationError, gatelet.BadRequestError]), (309, 413, [gatelet.ContextLengthError, gatelet.BadRequestError]),
        (305, 503, [gatelet.RateLimitError, gatelet.InternalServerError]), (307, 500, [gatelet.InternalServerError]),
        (306, 529, [gatelet.OverloadedError]), (399, 404, [gatelet.NotFoundError]), (311, 200, [gatelet.EmptyAnswerError]),
    ],
)  # fmt: skip
def test_an_exception_is_that_of_the_openai_sdk_too(status: int, http_status: int, classes: Any) -> None:
    error = _errors.make(status, {"message": "m", "http_status": http_status, "code": "c", "type": "t", "param": "p"})
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        assert all(isinstance(one, cls) for cls in [*classes, gatelet.APIStatusError, gatelet.APIError, gatelet.OpenAIError])
        assert (one.status_code, one.code, one.type, one.param, one.message) == (http_status, "c", "t", "p", "m")
    assert type(error) is type(again) and type(error).__name__ == classes[0].__name__


def test_names_that_python_has_too() -> None:
    assert isinstance(_errors.make(203, {}), TimeoutError) and isinstance(_errors.make(203, {}), gatelet.APIConnectionError)
    with gatelet.Client(environment=False, providers={"groq": {}}) as client:
        with pytest.raises(ValueError, match="GROQ_API_KEY"):
            client.chat.completions.create(model="groq/x", messages=MESSAGES)


def test_a_wrong_key_stays_one(server: Upstream) -> None:
    with gatelet.Client(server.config()) as client:
        for stream in (False, True, False, True):
            with pytest.raises(gatelet.AuthenticationError):
                client.chat.completions.create(model="status:401", messages=MESSAGES, stream=stream)


def test_the_response_of_an_error(client: gatelet.Client) -> None:
    with pytest.raises(gatelet.RateLimitError) as caught:
        client.chat.completions.create(model="status:429", messages=MESSAGES)
    error = caught.value
    assert error.response and error.response.status_code == 429 and error.response.headers["Retry-After"] == "120"
    assert error.body == {"message": "told to fail with 429", "type": "test", "code": "rate_limit_exceeded", "param": None}
    assert error.response.json() == {"error": error.body} and error.type == "test" and error.param is None
    again = pickle.loads(pickle.dumps(error))
    assert again.response.headers == error.response.headers and again.body == error.body
    assert gatelet.GateletError("x").response is None and gatelet.GateletError("x").body is None


def test_programs_raise_them_as_those_of_the_openai_sdk() -> None:
    """In tests of their own, where a service's answer is put in the place of a call."""
    response = httpx.Response(429, headers={"x-request-id": "r"}, request=httpx.Request("POST", "http://x"))
    error = gatelet.RateLimitError("slow down", response=response, body={"message": "slow down", "code": "c", "type": "t", "param": None})
    for one in error, pickle.loads(pickle.dumps(error)):
        assert (one.status_code, one.code, one.type, one.request_id, str(one), one.message) == (429, "c", "t", "r", "slow down", "slow down")
        assert one.response.status_code == 429 and one.response.headers["X-Request-Id"] == "r" and one.body["code"] == "c"
    assert error.request is response.request is gatelet.APITimeoutError(response.request).request  # type: ignore[arg-type]
    assert gatelet.APIConnectionError(request=response.request).request is response.request and gatelet.APIError().request is None
    assert gatelet.InternalServerError("x", response=httpx.Response(500), body=None).status_code == 500
    assert gatelet.APIConnectionError(message="gone", request=response.request).message == "gone"
    assert isinstance(gatelet.APITimeoutError(request=response.request), TimeoutError) and gatelet.APIResponseValidationError is gatelet.BadResponseError


def test_what_cannot_be_read_into_a_type_can_be_pickled() -> None:
    from gatelet.types import ChatCompletion

    error = gatelet.LengthFinishReasonError(completion=ChatCompletion(id="x"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.completion == error.completion and str(again) == str(error) and again.status == 0
