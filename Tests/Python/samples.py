"""Every option once. mypy checks that the types allow it; test_options, that nothing is missing and the library takes it.

Members of the configuration and of a provider whose value follows from the schema (true or false, one of some words, the first of
`examples`) need no line here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import gatelet
from gatelet.options import (
    CallOptions,
    Config,
    Fault,
    KeyLimits,
    KnownPrices,
    LimitRules,
    ListMap,
    MaxPrice,
    Paths,
    PriceName,
    ProviderConfig,
    ProviderWords,
    RequestOptions,
    RetryConfig,
    TimeoutsConfig,
)
from shapes import SCHEMAS

# A file without a line.
NOTHING = str(Path(gatelet.__file__).with_name("py.typed"))
TIMEOUTS: TimeoutsConfig = {"connect": 5, "first_byte": 30.5, "idle": 30, "content": 60, "total": 120}
RETRY: RetryConfig = {"attempts": 2, "backoff_base": 0.5, "backoff_max": 4, "jitter": 0.1, "attempts_per_request": 5}
KEY_LIMITS: KeyLimits = {
    "requests_per_minute": 60, "tokens_per_minute": 100_000, "usd_per_minute": "0.50", "requests_per_day": 1000,
    "tokens_per_day": 1_000_000, "usd_per_day": 10.5, "requests_per_hour": 100, "tokens_per_hour": 9, "usd_per_hour": 1, "requests_per_month": 9_000,
    "tokens_per_month": 10_000_000, "usd_per_month": "300", "warn_at": [0.8, 0.95], "concurrency": 4, "spacing": 0.001,
}  # fmt: skip
LIMITS: LimitRules = {**KEY_LIMITS, "default_max_tokens": 1000}
MAX_PRICE: MaxPrice = {"prompt": 1, "completion": "2.5", "request": 0.01, "image": "0.02"}
FAULT: Fault = {
    "status": 200, "headers": {"X-Test": "1"}, "body": "text", "error": {"message": "no"}, "ok": True, "first_byte_delay": 0.1,
    "error_at_chunk": 1, "stall_at_chunk": 2, "truncate_at_chunk": 3, "length": "short", "empty": False, "html": False,
    "reset": False, "refuse": False,
}  # fmt: skip

PRICES: KnownPrices = {
    "prompt": "0.000001", "completion": "0.000002", "request": "0", "image": 0.001, "input_cache_read": "1e-7",
    "input_cache_write": "0.00000125", "input_cache_write_1h": "0.000002", "internal_reasoning": "0.000003", "audio": "0.00001",
    "audio_output": "0.00002", "input_audio_cache": "0.000001", "image_output": "0.00003", "web_search": "0.01",
}  # fmt: skip

PLACES: Dict[PriceName, Paths] = {
    "prompt": ["cost.prompt"], "completion": ["cost.completion"], "request": ["cost.request"], "image": ["cost.image"],
    "input_cache_read": ["cost.input_cache_read"], "input_cache_write": ["cost.input_cache_write"],
    "input_cache_write_1h": ["cost.input_cache_write_1h"], "internal_reasoning": ["cost.internal_reasoning"], "audio":
    ["cost.audio"], "audio_output": ["cost.audio_output"], "input_audio_cache": ["cost.input_audio_cache"],
    "image_output": ["cost.image_output"], "web_search": ["cost.web_search"],
}  # fmt: skip

PLACE: Dict[PriceName, str] = {
    "prompt": "in", "completion": "out", "request": "call", "image": "image", "input_cache_read": "read", "input_cache_write": "write",
    "input_cache_write_1h": "hour", "internal_reasoning": "think", "audio": "hear", "audio_output": "speak", "input_audio_cache": "heard",
    "image_output": "draw", "web_search": "search",
}  # fmt: skip

LIST: ListMap = {
    "list": ["items"], "prices": PLACES, "tiers": PLACES, "flags": {"tools": "tools"}, "defaults": {"seed": "seed"},
    "skip": {"state": "off", "old": True, "age": 1}, "types": {"talk": "chat"}, "words": {"calls": "tools"}, "strip": "m/",
    "unit": "usd_per_token", "paging": {"next": "n", "query": "q", "more": "m", "link": "l", "page": "p", "size": "s=1"},
    "id": ["id"], "canonical_slug": ["canonical_slug"], "hugging_face_id": ["hugging_face_id"], "name": ["name"],
    "created": ["created"], "description": ["description"], "context_length": ["context_length"], "max_output_tokens":
    ["max_output_tokens"], "modality": ["modality"], "input_modalities": ["input_modalities"], "output_modalities":
    ["output_modalities"], "instruct_type": ["instruct_type"], "tokenizer": ["tokenizer"], "top_provider":
    ["top_provider"], "per_request_limits": ["per_request_limits"], "supported_parameters": ["supported_parameters"],
    "default_parameters": ["default_parameters"], "type": ["type"], "capabilities": ["capabilities"], "aliases":
    ["aliases"], "expiration_date": ["expiration_date"], "overrides": ["overrides"], "hourly": ["hourly"],
    "servers": {"list": "servers", "name": "id", "prices": PLACE},
}  # fmt: skip

WORK: ProviderConfig = {
    "name": "Work", "aliases": ["office"], "base_url": "https://llm.example.com/v1", "query": {"v": "1"},
    "paths": {"chat": "/chat", "chat_stream": "/chat-stream", "completions": "/completions", "embeddings": "/embeddings", "models": "/models", "count_tokens": "/count"}, "dialect": "openai",
    "auth": {"header": "X-Key"}, "key": "optional", "only_when_named": False,
    "keys": [{"name": "main", "value": "k1", "weight": 3, "limits": KEY_LIMITS}, {"value": "k2"}],
    "headers": {"X-Team": "search"}, "allow_headers": ["X-Trace-*"], "allow_query": ["version"], "timeouts": TIMEOUTS, "limits": LIMITS,
    "retry": {"attempts": 1, "backoff_base": 1, "backoff_max": 2, "jitter": 0},
    "default_model": "m", "fallback_models": ["n"], "priority": 1, "weight": 5, "regions": ["eu"],
    "collects_data": False, "zero_data_retention": True, "prefill": True, "cancel_stops_billing": True, "stream_false": True, "keep_alive": 20,
    "model_ids": {"general": "own"}, "detect": ["work-*"], "locks": ["work/*"], "serves": ["work/"], "organization": "work",
    "bare": ["work-"], "keep_prefix": ["work/auto"],
    "known_models": {
        "m": {
            "context_length": 8192, "max_output_tokens": 1024, "input_modalities": ["text", "image"],
            "supported_parameters": ["tools"],
            "pricing": {**PRICES, "overrides": [{"min_prompt_tokens": 1000, "utc_from": "16:30", "utc_to": "00:30", "service_tier": "flex", "server": "a", **PRICES}]},
        },
    },
    "models": {
        "url": "https://llm.example.com/list", "prices_url": "https://llm.example.com/prices", "form": "openai", "public": True, "map": LIST, "file": "list.csv",
        "auth": {"header": "X-List-Key"}, "headers": {"X-List": "1"},
    },
    "prices": "hybrid", "price_unit": "usd_per_token",
    "balance": {"url": "/credits", "remaining": ["left"], "total": "all", "used": "gone"},
    "capabilities": {"embeddings": True, "completions": "chat", "count_tokens": False, "embedding_inputs": 96, "embedding_format": "int8", "media_urls": ["image", "https://files.example/*"]}, "output_limit": "max_completion_tokens",
    "parameters": {"temperature": {"models": ["o1*"], "rename": "heat", "min": 0, "max": 1}, "seed": {"drop": True}, "n": {"reject": True}},
    "reasoning_back": "reasoning_content", "reasoning_tags": "think", "dialects": {"gemini": {"base_url": "https://there.example.com/v1", "auth": {"header": "X-Key"}}},
    "served_by": {"header": "X-By", "members": ["provider"]}, "server_suffixes": {"floor": "cheapest"}, "price_table": "openai",
    "price_factors": [{"usage": "speed", "says": "fast", "factor": 2, "models": ["m*"]}],
    "env": ["WORK_KEY"], "env_base_url": "WORK_URL", "env_default_model": "WORK_MODEL", "env_timeout": "WORK_TIMEOUT",
    "env_retry_attempts": "WORK_ATTEMPTS", "env_backoff_base": "WORK_BASE", "env_backoff_max": "WORK_MAX",
    "env_jitter": "WORK_JITTER", "env_fallback_models": "WORK_FALLBACKS", "site_url": "https://example.com/",
    "docs_url": "https://example.com/docs", "logo_url": "https://example.com/logo.png", "quirks": [{"note": "odd", "link": "https://example.com/", "date": "2026-11-20"}],
}  # fmt: skip

PROVIDERS: Dict[str, ProviderConfig] = {
    "work": WORK,
    "other": {
        "id": "other", "base_url": "https://{region}.example.com/v1", "variables": {"region": "OTHER_REGION"},
        "values": {"region": "other"}, "api_key": "k", "auth": "bearer",
        "models_url": "https://other.example.com/list",
    },
    "mine": {
        "dialect": "dev", "token_delay": 0.001, "faults": {"sequence": [429, "ok", FAULT]}, "regions": ["eu"],
        "known_models": {"m": {"pricing": {"prompt": 0, "completion": 0, "request": 0, "image": 0}}},
    },
    "alone": {"dialect": "dev", "faults": FAULT},
}  # fmt: skip


def example(schema: Dict[str, Any]) -> Any:
    """A value that the schema itself tells."""
    if schema.get("type") == "boolean":
        return schema.get("default", False)
    return [*schema.get("examples", []), *schema.get("enum", [])][0]


def complete(sample: Any, schemas: Dict[str, Any], *said: Any) -> None:
    """Adds the members that neither the sample nor what is `said` elsewhere has."""
    for name, schema in schemas.items():
        if not any(name in one for one in (sample, *said)):
            sample[name] = example(schema)


complete(WORK, SCHEMAS["urn:gatelet:provider"]["$defs"]["provider"]["properties"], *PROVIDERS.values())

CONFIG: Config = {
    "dev_mode": False, "environment": False, "env_file": "/dev/null", "providers": PROVIDERS,
    "cache": {"mode": "read_only", "ttl": 60, "max_bytes": 1_000_000, "max_entry_bytes": 10_000, "shared": True, "single_flight": True},
    "redis_url": "redis://127.0.0.1:1/0", "redis_prefix": "samples", "redis_timeout": 0.5, "redis_lease": 30, "on_redis_failure": "open",
    "watch": False, "price_file": str(Path(__file__).parents[2] / "Tests/Fixtures/prices.tsv"), "cache_dir": "/nowhere/lists",
    "lists": {"fresh": 600, "stale": 1200},
    "default_provider": "mine", "default_model": "m", "aliases": {"fast": "work/m"}, "fallback_models": ["n"],
    "provider_order": ["work", "other"], "preset": "openrouter", "timeouts": TIMEOUTS, "retry": RETRY, "limits": {
        "client": LIMITS, "tags": {"*": LIMITS, "tests": {"concurrency": 1}}, "wait": True, "max_wait": 5, "queue": 10, "max_cost": "0.5",
        "unknown_price": "allow",
    },
    "routing": {
        "strategy": "least_busy", "regions": ["eu"], "hedge": {"delay": "p95"},
        "all_models": {"max_price": {"prompt": 1, "completion": "2"}},
    },
    "failover": {
        "resolve": ["stop"], "connect": ["next_provider"], "tls": ["stop"], "timeout_connect": ["next_provider"],
        "timeout_first_byte": ["next_provider"], "timeout_idle": ["retry"], "timeout_content": ["retry"],
        "timeout_total": ["stop"], "truncated": ["retry"], "too_large": ["stop"], "protocol": ["next_provider"],
        "bad_request": ["stop"], "auth": ["rotate_key", "next_provider"], "permission": ["rotate_key"], "funds": ["rotate_key"],
        "not_found": ["next_model"], "rate_limit": ["retry", "rotate_key", "next_provider", "next_model", "stop"],
        "overloaded": ["retry"], "server": ["retry"], "unavailable": ["retry"], "context_length": ["next_model"],
        "content_policy": ["stop"], "empty": ["retry"], "bad_response": ["retry"], "keys_exhausted": ["next_provider"],
    },
    "breaker": {
        "enabled": True, "failures": 3, "rate": 0.5, "minimum": 10, "window": 60, "open_for": 30, "successes": 1, "relapses": 1,
    },
    "caps": {"headers": 65536, "event": 1 << 20, "body": 1 << 24, "request": 1 << 24, "depth": 100, "models": 10, "entries": 10_000},
    "http": {
        "http2": True, "proxy": "http://127.0.0.1:3128", "no_proxy": "localhost,127.0.0.1", "keep_alive": 20, "ca_file": "/etc/ssl/certs/ca-certificates.crt",
        "client_cert": "/nowhere/cert.pem", "client_key": "/nowhere/key.pem", "unix_socket": "/nowhere/socket",
        "resolve": ["llm.example.com:443:127.0.0.1"], "allow_insecure": False,
    },
    "fetch": {"allowed": True, "max_bytes": 1 << 20, "timeout": 5, "allow_hosts": ["*.example.com"], "allow_addresses": ["10.0.0.0/8"]},
    "request_extensions": "all", "allow_headers": ["X-Team"], "allow_query": ["api-version"], "allow_requests": ["POST /things/*"],
    "log": "error", "records": "/nowhere/usage.jsonl",
    "record": "/nowhere/exchanges.jsonl", "replay": NOTHING, "replay_speed": 2,
}  # fmt: skip

complete(CONFIG, SCHEMAS["urn:gatelet:config"]["properties"])

WORDS: ProviderWords = {
    "order": ["work"], "only": ["work"], "ignore": ["mine"], "allow_fallbacks": True, "require_parameters": False,
    "sort": {"by": "price", "partition": "none"}, "max_price": MAX_PRICE, "data_collection": "deny", "zdr": True,
    "quantizations": ["fp8"], "preferred_min_throughput": 20, "preferred_max_latency": {"p90": 2},
}  # fmt: skip

OPTIONS: RequestOptions = {
    "provider": "mine", "models": ["n"], "timeouts": TIMEOUTS, "retry": RETRY, "hedge": {"delay": 1.5}, "continue": True,
    "tag": "tests", "max_cost": "0.10", "cache": {"mode": "off", "max_age": 60}, "dry_run": True, "faults": {"sequence": [503, "ok", FAULT]},
    "route": {
        "order": ["mine"], "only": ["mine"], "ignore": ["work"], "allow_fallbacks": False, "require_parameters": False,
        "sort": "latency", "max_price": MAX_PRICE, "data_collection": "allow", "zdr": False, "strategy": "weighted",
        "regions": ["eu"],
    },
}  # fmt: skip
CALL: CallOptions = {
    **OPTIONS, "cancel_id": "one", "request_extensions": "none", "headers": {"X-Team": "search"}, "query": {"api-version": "1"}, "response": True,
    "answer": True, "raw": True,
    "http": {"method": "POST", "path": "/things/1", "query": {"a": "1"}, "headers": {"X-A": "1"}, "length": 2, "model": "things", "providers": ["mine"]},
}  # fmt: skip
FURTHER: List[RequestOptions] = [{"hedge": False}, {"hedge": {"delay": "p95"}}, {"faults": FAULT}, {"faults": 429}, {"faults": "ok"}]
