"""What both clients have beside requests: another configuration, and the event hook."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, Optional, Union

from . import _request
from ._errors import ClosedError
from ._hook import Hook
from ._native import Owner
from .reports import ProviderList, Stats
from .types import parse

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._hook import HookFunction
    from .options import Config, EventName
    from .reports import StatsBy


class Control:
    _connection: Owner
    _own: Mapping[str, Any]

    def reload(self, config: _request.GivenConfig = None, **overrides: Unpack[Config]) -> None:
        """Another configuration, keys included, takes the place of the present one; arguments as in the constructor.

        A wrong one raises and changes nothing. Requests in flight end as they began.
        """
        self._connection.native().reload(_request.config(config, _request.merge(self._own, overrides)))

    def stats(
        self,
        by: Union[StatsBy, List[StatsBy], None] = None,
        *,
        provider: Optional[str] = None,
        model: Optional[str] = None,
        tag: Optional[str] = None,
        since: Optional[int] = None,
        reset: bool = False,
    ) -> Stats:
        """What this client has done: requests, attempts, errors, tokens, cost and times.

        `by` chooses the tables, all without it; the others choose rows in them. `since` is in Unix seconds. With `reset`
        counting begins anew afterwards.
        """
        asked = {"by": by, "provider": provider, "model": model, "tag": tag, "since": since, "reset": reset or None}
        query = {name: value for name, value in asked.items() if value is not None}
        return Stats(parse(self._connection.native().stats(_request.to_json(query) if query else None)))

    def _states(self) -> ProviderList:
        """The providers as this client sees them; nobody is asked."""
        return ProviderList(parse(self._connection.native().providers(None)))

    def cancel(self, cancel_id: str) -> None:
        """Ends every request of this client that was made with `gatelet={"cancel_id": cancel_id}` and is under way, in whatever
        thread or task: there CancelledError is raised. Requests that begin later are not concerned."""
        self._connection.native().cancel(cancel_id)

    def set_hook(
        self, function: Optional[HookFunction], *, events: Optional[Iterable[EventName]] = None, content: bool = False
    ) -> None:
        """Sets the function that is called with each event (a dict), or None to have none.

        "request" comes in the thread that makes the call, before anything is spent. If the function then returns a
        number that is not 0, or raises Veto, the call raises RefusedError; anything else that it raises comes out of
        the call as it is. Other events may come from the library's thread, must not block, and what is raised there
        goes to sys.unraisablehook.

        It takes the place of the one that was set before; those that were added stay.
        """
        self._connection.native().set_hook(None if function is None else Hook(function, events, content))

    def add_hook(
        self, function: HookFunction, *, events: Optional[Iterable[EventName]] = None, content: bool = False
    ) -> Callable[[], None]:
        """A further function for events, as `set_hook` describes it; what comes back takes it away again.

        They are called one after the other, first the one that was set. One that refuses a request ends that.
        """
        hook = Hook(function, events, content)
        self._connection.native().add_hook(hook)

        def remove() -> None:
            with suppress(ClosedError):
                self._connection.native().remove_hook(hook)

        return remove
