"""Answers with status and headers: what `with_raw_response` and `with_streaming_response` give back."""

from __future__ import annotations

import datetime
import json
from typing import Any, AsyncIterator, Callable, Dict, Generic, Iterator, List, Mapping, Optional, Tuple, TypeVar

from ._library import OP_RAW
from ._request import Document, to_json
from ._sse import DONE, event
from .types import parse

T = TypeVar("T")


class Headers(Dict[str, str]):
    """Names in small letters; they are found in any."""

    __slots__ = ()

    def __init__(self, given: Any = ()) -> None:
        pairs = given.items() if isinstance(given, Mapping) else given
        super().__init__((str(name).lower(), str(value)) for name, value in pairs)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def multi_items(self) -> List[Tuple[str, str]]:
        return list(self.items())


class Response:
    """What a provider answered with, as far as the library tells."""

    def __init__(self, status_code: Optional[int], headers: Any = (), content: bytes = b"") -> None:
        self.status_code = status_code
        self.headers = Headers(headers)
        self.content = content

    @property
    def text(self) -> str:
        return str(self.content, "utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def is_error(self) -> bool:
        return self.status_code is not None and self.status_code >= 400

    @property
    def reason_phrase(self) -> str:
        from http import HTTPStatus

        return HTTPStatus(self.status_code).phrase if self.status_code in list(HTTPStatus) else ""

    @property
    def request_id(self) -> Optional[str]:
        found: Optional[str] = self.headers.get("x-request-id")
        return found

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def told(gatelet: Optional[Mapping[str, Any]], content: bytes = b"", default: int = 200) -> Response:
    """Of the member `gatelet` of an answer: `response`, where the library has it, and what else says something of it."""
    known = gatelet or {}
    response = known.get("response") or {}
    headers = response.get("headers") or {}
    if known.get("provider_request_id") and not any(str(name).lower() == "x-request-id" for name in headers):
        headers = {**headers, "x-request-id": known["provider_request_id"]}
    return Response(response.get("status") or default, headers, content)


def of_error(error: Mapping[str, Any]) -> Response:
    """Of the document of an error."""
    response = error.get("response") or {}
    headers = dict(response.get("headers") or {})
    names = {str(name).lower() for name in headers}
    if error.get("request_id") and "x-request-id" not in names:
        headers["x-request-id"] = error["request_id"]
    if error.get("retry_after_ms") is not None and "retry-after" not in names:
        headers["retry-after"] = f"{error['retry_after_ms'] / 1000:g}"
    body = error.get("provider_body")
    content = body.encode("utf-8", "replace") if isinstance(body, str) else to_json({"error": body_of_error(error)})
    return Response(response.get("status") or error.get("http_status"), headers, content)


def body_of_error(error: Mapping[str, Any]) -> Any:
    """What the provider answered: its member `error`, all of it if it has none, its text if it is no JSON."""
    body = error.get("provider_body")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return body
    if body is None:
        return {"message": error.get("provider_message"), **{name: error.get(name) for name in ("type", "param", "code")}}
    return body.get("error", body) if isinstance(body, dict) else body


class RawResponse(Generic[T]):
    """An answer, its bytes, and its status and headers. `parse()` gives what the call would have given."""

    def __init__(self, response: Response, read: Callable[[], T], gatelet: Optional[Mapping[str, Any]]) -> None:
        self.http_response = response
        self._read = read
        self._gatelet = gatelet or {}

    def parse(self, **_: Any) -> T:
        return self._read()

    @property
    def status_code(self) -> Optional[int]:
        return self.http_response.status_code

    @property
    def headers(self) -> Headers:
        return self.http_response.headers

    @property
    def request_id(self) -> Optional[str]:
        return self.http_response.request_id

    @property
    def content(self) -> bytes:
        return self.http_response.content

    @property
    def text(self) -> str:
        return self.http_response.text

    def json(self) -> Any:
        return self.http_response.json()

    def read(self) -> bytes:
        return self.http_response.content

    @property
    def retries_taken(self) -> int:
        return max(len(self._gatelet.get("attempts") or ()) - 1, 0)

    @property
    def elapsed(self) -> datetime.timedelta:
        timings = self._gatelet.get("timings") or {}
        return datetime.timedelta(milliseconds=timings.get("total_ms") or 0)

    def __repr__(self) -> str:
        return f"<RawResponse [{self.status_code}]>"


class _Raw:
    """Makes a RawResponse of a call."""

    def ask(self, connection: Any, operation: int, request: Document, read: Callable[[bytes], Any]) -> Any:
        def answered(raw: bytes) -> RawResponse[Any]:
            if operation == OP_RAW:
                from ._raw import RawAnswer

                answer = RawAnswer(raw)
                return RawResponse(answer, lambda: read(raw), answer.gatelet)
            gatelet = parse(raw).get("gatelet")
            return RawResponse(told(gatelet, raw), lambda: read(raw), gatelet)

        return connection.ask(operation, request, answered)

    def stream(self, connection: Any, operation: int, request: Document, chunk: Callable[..., Any]) -> Any:
        from ._calls import then

        return then(connection.stream(operation, request, chunk), lambda stream: RawResponse(stream.response, lambda: stream, None))


class _Streaming:
    """Makes a context manager of a call."""

    def ask(self, connection: Any, operation: int, request: Document, read: Callable[[bytes], Any]) -> Any:
        return ResponseManager(lambda: RAW.ask(connection, operation, request, read))

    def stream(self, connection: Any, operation: int, request: Document, chunk: Callable[..., Any]) -> Any:
        return ResponseManager(lambda: RAW.stream(connection, operation, request, chunk))


class ResponseManager:
    """Makes the request when it is entered."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __enter__(self) -> "StreamedResponse":
        self._entered = StreamedResponse(self._make())
        return self._entered

    def __exit__(self, *_: object) -> None:
        self._entered.close()

    async def __aenter__(self) -> "AsyncStreamedResponse":
        self._opened = AsyncStreamedResponse(await self._make())
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        await self._opened.close()


class _Streamed:
    def __init__(self, raw: RawResponse[Any]) -> None:
        self._raw = raw

    @property
    def status_code(self) -> Optional[int]:
        return self._raw.status_code

    @property
    def headers(self) -> Headers:
        return self._raw.headers

    @property
    def request_id(self) -> Optional[str]:
        return self._raw.request_id

    @property
    def http_response(self) -> Response:
        return self._raw.http_response

    @property
    def retries_taken(self) -> int:
        return self._raw.retries_taken


class StreamedResponse(_Streamed):
    """The lines of a response: those of its JSON, or of the events of a stream."""

    def parse(self, **_: Any) -> Any:
        return self._raw.parse()

    def _parts(self) -> Iterator[bytes]:
        if self._raw.content:
            yield self._raw.content
            return
        for chunk in self._raw.parse():
            yield event(chunk)
        yield DONE

    def iter_bytes(self, chunk_size: Optional[int] = None) -> Iterator[bytes]:
        return self._parts()

    def iter_text(self, chunk_size: Optional[int] = None) -> Iterator[str]:
        return (str(part, "utf-8", "replace") for part in self._parts())

    def iter_lines(self) -> Iterator[str]:
        return (line for part in self.iter_text() for line in part.splitlines())

    iter_raw = iter_bytes

    def read(self) -> bytes:
        return b"".join(self._parts())

    def text(self) -> str:
        return str(self.read(), "utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.read())

    def close(self) -> None:
        if not self._raw.content:
            self._raw.parse().close()


class AsyncStreamedResponse(_Streamed):
    """As StreamedResponse."""

    async def parse(self, **_: Any) -> Any:
        return self._raw.parse()

    async def _parts(self) -> AsyncIterator[bytes]:
        if self._raw.content:
            yield self._raw.content
            return
        async for chunk in self._raw.parse():
            yield event(chunk)
        yield DONE

    def iter_bytes(self, chunk_size: Optional[int] = None) -> AsyncIterator[bytes]:
        return self._parts()

    async def iter_text(self, chunk_size: Optional[int] = None) -> AsyncIterator[str]:
        async for part in self._parts():
            yield str(part, "utf-8", "replace")

    async def iter_lines(self) -> AsyncIterator[str]:
        async for part in self.iter_text():
            for line in part.splitlines():
                yield line

    iter_raw = iter_bytes

    async def read(self) -> bytes:
        return b"".join([part async for part in self._parts()])

    async def text(self) -> str:
        return str(await self.read(), "utf-8", "replace")

    async def json(self) -> Any:
        return json.loads(await self.read())

    async def close(self) -> None:
        if not self._raw.content:
            await self._raw.parse().aclose()


RAW, STREAMING = _Raw(), _Streaming()
