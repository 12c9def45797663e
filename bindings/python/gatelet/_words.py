"""The names of arguments: of OpenAI's, Anthropic's and OpenRouter's parameters, of Gatelet's own, and of those that other libraries
have and that must not reach a provider. `types/params.py` has the types of the same names."""

from __future__ import annotations

from typing import Dict, FrozenSet, Optional

CALL = frozenset({"timeout", "total_timeout", "max_retries", "tag", "extra_headers", "extra_query", "extra_body", "gatelet"})
_ROUTING = frozenset({"models", "provider"})
_SAMPLING = frozenset({"frequency_penalty", "logit_bias", "logprobs", "max_tokens", "n", "presence_penalty", "seed", "stop",
                       "stream_options", "temperature", "top_p", "usage", "user"})  # fmt: skip

CHAT = _ROUTING | _SAMPLING | {
    "audio", "function_call", "functions", "max_completion_tokens", "metadata", "modalities", "moderation", "parallel_tool_calls",
    "prediction", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "reasoning_effort",
    "response_format", "route", "safety_identifier", "service_tier", "store", "tool_choice", "tools", "top_logprobs", "transforms",
    "verbosity", "web_search_options",
}  # fmt: skip
COMPLETION = _ROUTING | _SAMPLING | {"best_of", "echo", "suffix"}
EMBEDDING = _ROUTING | {"dimensions", "encoding_format", "user"}
COUNT = _ROUTING | {"cache_control", "output_config", "output_format", "speed", "system", "thinking", "tool_choice", "tools"}
MESSAGES = COUNT | {
    "container", "context_management", "diagnostics", "inference_geo", "mcp_servers", "metadata", "service_tier", "stop_sequences",
    "temperature", "top_k", "top_p",
}  # fmt: skip
RESPONSES = _ROUTING | {
    "access_programs", "background", "background_options", "context_management", "conversation", "image", "include", "instructions", "max_output_tokens",
    "max_tool_calls", "metadata", "moderation", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "reasoning", "safety_identifier", "service_tier", "store", "stream_options", "temperature", "text", "tool_choice", "tools",
    "top_logprobs", "top_p", "truncation", "user",
}  # fmt: skip

_KEY = "the key is the client's: Client(api_key=...), or `providers` of the configuration"
_ADDRESS = "the address is the client's: Client(base_url=...), or `providers` of the configuration"
_RETRIES = "the call has max_retries=..., the configuration `retry`"
_FALLBACKS = "further models are models=[...], further providers gatelet={'route': {'order': [...]}}"
_MOCK = "Client(dev_mode=True) answers without the network, and `faults` of a development provider fail by script"
_PRICES = "prices of your own are `price_file`, or `known_models` of a provider"
_LIMITS = "limits are `limits` of the configuration, of a provider or of a key"
_CHOICE = "gatelet={'provider': ...} asks one provider, and so does its name before the model: 'groq/llama-3.3-70b'"
_CONNECTIONS = "connections are Gatelet's, and `http` of the configuration is how they are made"
_LOG = "Client(logger=..., log='debug') tells what happens"

_FOREIGN = {
    "api_key": _KEY, "azure_ad_token": _KEY, "azure_ad_token_provider": _KEY, "tenant_id": _KEY, "client_id": _KEY, "client_secret": _KEY,
    "api_base": _ADDRESS, "base_url": _ADDRESS, "api_version": "`query` of the provider's row has it", "deployment_id": "it is the model",
    "api_type": _CHOICE, "custom_llm_provider": _CHOICE, "organization": "`headers` of the provider's row have it",
    "num_retries": _RETRIES, "retry_policy": _RETRIES, "retry_strategy": _RETRIES,
    "fallbacks": _FALLBACKS, "default_fallbacks": _FALLBACKS, "context_window_fallbacks": _FALLBACKS,
    "content_policy_fallbacks": _FALLBACKS, "context_window_fallback_dict": _FALLBACKS, "model_list": _FALLBACKS,
    "mock_response": _MOCK, "mock_tool_calls": _MOCK, "mock_timeout": _MOCK, "mock_delay": _MOCK,
    "input_cost_per_token": _PRICES, "output_cost_per_token": _PRICES, "input_cost_per_second": _PRICES, "model_info": _PRICES,
    "rpm": _LIMITS, "tpm": _LIMITS, "max_parallel_requests": _LIMITS, "max_budget": _LIMITS,
    "request_timeout": "the call has timeout=... and total_timeout=...", "force_timeout": "the call has timeout=... and total_timeout=...", "stream_timeout": "the call has timeout=...",
    "headers": "the call has extra_headers={...}", "default_headers": "Client(default_headers={...}) has them", "query_params": "the call has extra_query={...}",
    "drop_params": "`parameters` of the provider's row says what is left out, and what a provider refuses by name is left out once",
    "additional_drop_params": "`parameters` of the provider's row says what is left out",
    "allowed_openai_params": "extra_body={...} sends whatever it holds", "verbose": _LOG, "logger_fn": _LOG, "logger": _LOG,
    "caching": "nothing is cached", "cache": "nothing is cached", "cooldown_time": "`breaker` of the configuration",
    "client": "a client is what has this function", "http_client": _CONNECTIONS, "shared_session": _CONNECTIONS,
    "enable_json_schema_validation": "chat.completions.parse(response_format=...) reads the answer into a type", "region_name": _ADDRESS,
    "provider_specific_header": "`headers` of the provider's row have it",
    "azure_endpoint": "Azure is the provider azure-openai, in its row of `providers`", "azure_deployment": "it is the model", "ssl_verify": "`http.ca_file` of the configuration",
    "config": "Client(config)", "dev_mode": "Client(dev_mode=True)",
}  # fmt: skip
_FOREIGN_PREFIXES = {
    "aws_": _KEY, "azure_": _KEY, "vertex_": _KEY, "hf_": _KEY, "watsonx_": _KEY, "litellm_": "it is another library's", "mock_": _MOCK,
}  # fmt: skip
CLIENTS_FOREIGN = frozenset({"http_client", "api_base", "azure_ad_token", "azure_ad_token_provider", "azure_endpoint", "azure_deployment",
                             "api_version", "num_retries", "fallbacks", "model_list", "ssl_verify"})  # fmt: skip
"""Those that a constructor of another library takes, and none of the configuration's."""
SECRETS = frozenset(
    {"api_key", "azure_ad_token", "azure_password", "client_secret", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "vertex_credentials"}
)
"""Never sent, also not through extra_body."""


def foreign(name: str) -> Optional[str]:
    """What another library's word is here."""
    told: Dict[str, str] = _FOREIGN_PREFIXES
    return _FOREIGN.get(name) or next((text for prefix, text in told.items() if name.startswith(prefix)), None)


def unexpected(function: str, name: str, known: FrozenSet[str]) -> TypeError:
    """As Python has it, with what was meant."""
    message = f"{function}() got an unexpected keyword argument {name!r}"
    instead = foreign(name)
    if instead is not None:
        return TypeError(f"{message}: {instead}")
    from difflib import get_close_matches

    if "timeout" in known:  # of `client.raw`, where the request is a body
        near = get_close_matches(name, sorted(known), 1, 0.75)
        return TypeError(f"{message}: is it {near[0]!r}?" if near else f"{message}: members of the request stand in its body")
    near = get_close_matches(name, sorted(known | CALL), 1, 0.75)
    if near:
        return TypeError(f"{message}: is it {near[0]!r}? A parameter of a provider's own goes into extra_body={{{name!r}: ...}}")
    return TypeError(f"{message}: a parameter of a provider's own goes into extra_body={{{name!r}: ...}}")
