"""grok_client: OpenRouter's models in turn, with plain dicts for answers, chunks and errors."""

from __future__ import annotations

import json
import threading
from typing import Any, Dict, Iterator, List, Optional

from .. import Client, GateletError, ModelUnresolvedError, NoKeyError
from . import _errors, _gateway

PROVIDER = "openrouter"
MOST = {"prompt": 10, "completion": 40}
"""USD for a million tokens: dearer models, and those of unknown price, are not tried by themselves."""


class Grok2Client:
    """Asks the model that is named, the default one (OPENROUTER_DEFAULT_MODEL), OPENROUTER_FALLBACK_MODELS, and then all models of
    OpenRouter up to a price, the longest context first; at most eight attempts together (`retry.attempts_per_request`).

    Arguments are those of gatelet.Client: Grok2Client(routing={"all_models": False}) stops after the fallback models,
    Grok2Client(dev_fallback=True) lets the development provider answer where the key is refused.
    """

    def __init__(self, config: Any = None, **overrides: Any) -> None:
        given = json.loads(config) if isinstance(config, str) else dict(config or {})
        self._given: Dict[str, Any] = {"preset": "openrouter", "routing": {"all_models": {"max_price": MOST}}, **given, **overrides}
        self._lock = threading.Lock()
        self._made: Optional[Client] = None

    def _client(self) -> Client:
        with self._lock:
            if self._made is None:
                self._made = Client(self._given)  # type: ignore[arg-type]
            return self._made

    def _create(self, **params: Any) -> Any:
        return self._client().chat.completions.create(gatelet={"provider": PROVIDER}, **params)

    def _call(self, **params: Any) -> Any:
        try:
            return self._create(**params)
        except (NoKeyError, ModelUnresolvedError):  # a key or a default model may have been set since the client was made
            self._client().reload(self._given)  # type: ignore[arg-type]
            return self._create(**params)

    def get_available_models(self) -> List[Dict[str, Any]]:
        """id, name, context_length and pricing of each; kept for an hour. Empty where no list can be had, which the log tells."""
        try:
            found = self._client().models.list(provider=PROVIDER, view="gatewayz", fields=["id", "name", "context_length", "pricing"])
        except GateletError as error:
            _errors.report(error, "fetch of the models")
            return []
        return [_model(entry) for entry in found.data]

    def generate_response(
        self, messages: List[Dict[str, Any]], model: Optional[str] = None, temperature: float = 0.7, max_tokens: int = 1024
    ) -> Dict[str, Any]:
        """{"response", "model", "tokens"}, or {"error", "status_code", "model", "should_retry", "rate_limited"}."""
        try:
            answer = self._call(messages=messages, model=model, temperature=temperature, max_tokens=max_tokens)
        except GateletError as error:
            return self._failure(error, model)
        message = answer.choices[0].message
        return {"response": message.content or "", "model": answer.gatelet.model or answer.model, "tokens": _tokens(answer)}

    def generate_response_stream(
        self, messages: List[Dict[str, Any]], model: Optional[str] = None, temperature: float = 0.7, max_tokens: int = 1024
    ) -> Iterator[Dict[str, Any]]:
        """{"content"} for each piece, then {"done": True, "tokens"}; or an error, as of generate_response, at the end."""
        try:
            stream = self._call(messages=messages, model=model, temperature=temperature, max_tokens=max_tokens, stream=True)
            with stream:
                for chunk in stream:
                    if chunk.text:
                        yield {"content": chunk.text}
        except GateletError as error:
            yield self._failure(error, model)
        else:
            yield {"done": True, "tokens": _tokens(stream)}

    def _failure(self, error: GateletError, model: Optional[str]) -> Dict[str, Any]:
        _errors.report(error, "request")
        asked = error.model or model
        limited = error.http_status == 429 or error.kind == "rate_limit"
        return {
            "error": f"Rate limited on {asked}. Trying alternative model..." if limited else self._told(error),
            "status_code": error.http_status or (429 if limited else None),
            "model": asked,
            "should_retry": bool(error.retryable),
            "rate_limited": limited,
        }

    def _told(self, error: GateletError) -> str:
        if isinstance(error, (NoKeyError, ModelUnresolvedError)):
            row = self._client().providers(PROVIDER).data[0]
            if not row.key_present:
                return _gateway.missing_key(row)
        return error.provider_message or error.message


def _model(entry: Any) -> Dict[str, Any]:
    told = entry.to_dict()
    prices = told.get("pricing") or {}
    return {
        "id": told["id"],
        "name": told["name"],
        "context_length": told["context_length"],
        "pricing": {"prompt": prices.get("prompt") or "0", "completion": prices.get("completion") or "0"},
    }


def _tokens(answer: Any) -> int:
    told = answer.usage.total_tokens if answer.usage else None
    if told is None and answer.gatelet and answer.gatelet.usage:
        told = answer.gatelet.usage.total
    return int(told or 0)


grok_client = Grok2Client()

__all__ = ["Grok2Client", "grok_client"]
