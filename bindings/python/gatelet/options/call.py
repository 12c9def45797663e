"""The options of a call: what is said beside the request.

Written by scripts/write-options from the schemas in docs; change those.
"""

from __future__ import annotations

from typing import Dict, List, Literal, TypedDict, Union

from .config import HedgeConfig, RequestExtensions, RetryConfig
from .provider import Faults, TimeoutsConfig
from .request import CacheOptions, RouteOptions

class _RawRequestRequired(TypedDict):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    """Of HTTP."""
    path: str
    """Behind the provider's address: parts of letters, digits and `-_.~:@=+,` behind single slashes."""


class RawRequest(_RawRequestRequired, total=False):
    """What a raw request asks (docs/requests.md, "Raw requests"); the operations GATELET_OP_RAW and
    GATELET_OP_RAW_STREAM need it, no other takes it."""

    query: Dict[str, str]
    """Added to the address, percent-encoded."""
    headers: Dict[str, str]
    """Sent with each attempt; `Content-Type` is application/json unless it is said."""
    length: int
    """Bytes of the body, which stands at `request_json` and may hold NULs; if not said, it ends before its first
    NUL."""
    model: str
    """What statistics and limits call it; if not said, the entry of the list that allows it."""
    providers: List[str]
    """Ids or aliases of those that may be asked, in this order; if not said, the option `provider`, else the
    default provider."""


# A keyword of Python cannot stand in the body of a class.
_CallOptionsKeywords = TypedDict("_CallOptionsKeywords", {"continue": bool}, total=False)


class CallOptions(_CallOptionsKeywords, total=False):
    """Options of a call: what the caller wants of one request, beside its document (options_json of gatelet_call
    and gatelet_queue_submit). Also `continue`: true: a chat stream that breaks goes on at the next candidate."""

    cancel_id: str
    """`gatelet_cancel` ends every request that has it. It need not be unique, and is the only option of a model
    list."""
    request_extensions: RequestExtensions
    """What the member `gatelet` of this request may say, in the place of the configuration's."""
    headers: Dict[str, str]
    """Sent with each attempt, where `allow_headers` of the provider or the configuration names them."""
    query: Dict[str, str]
    """Added to the address, where `allow_query` of the provider or the configuration names them."""
    response: Literal[True, False, "errors"]
    """True: status and headers of the provider's response are told; `errors`: in errors alone (docs/answers.md,
    "The response")."""
    raw: bool
    """True: what the provider said is told as it came, in `gatelet.raw` and in the `provider_event` of chunks
    (docs/answers.md, "What the provider said")."""
    answer: bool
    """True: a stream in a queue is assembled too, and its answer comes before its END."""
    http: RawRequest
    """What a raw request asks (docs/requests.md, "Raw requests"); the operations GATELET_OP_RAW and
    GATELET_OP_RAW_STREAM need it, no other takes it."""
    provider: str
    """Id or alias of the only provider to ask."""
    models: List[str]
    """Further models, asked when the first one failed."""
    route: RouteOptions
    """Which providers are asked, in the words of `gatelet.route`."""
    timeouts: TimeoutsConfig
    """Seconds; 0 means no limit."""
    retry: RetryConfig
    """As in the configuration."""
    hedge: Union[Literal[False], HedgeConfig]
    """A second attempt beside one that is slow to begin; false: none."""
    tag: str
    """Whose limits and statistics count; events show it."""
    max_cost: Union[str, float]
    """USD that all attempts together may cost."""
    cache: CacheOptions
    """What this request does with answers that are kept (docs/cache.md)."""
    dry_run: bool
    """True: the answer is the plan, and nobody is asked."""
    faults: Faults
    """What goes wrong at development providers, attempt after attempt (docs/testing-failover.md)."""
