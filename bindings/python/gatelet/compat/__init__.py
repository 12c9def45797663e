"""The functions of integration guides for single providers, on Gatelet: change the import line and nothing else.

    from gatelet.compat import make_onerouter_request_openai, process_onerouter_response
    from gatelet.compat.chat_client import grok_client

Functions with a provider's name in them exist for every provider that the library knows, by id or alias with `_` for `-`. The modules
have the names that they have there (`onerouter_client`, `connection_pool`, `models`, ...). docs/compat.md describes them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, List, Optional, Sequence

from . import _names
from ._gateway import configure as configure

if TYPE_CHECKING:
    from .chat_client import Grok2Client as Grok2Client
    from .chat_client import grok_client as grok_client


def __getattr__(name: str) -> Any:
    if name in ("grok_client", "Grok2Client"):
        from . import chat_client

        return getattr(chat_client, name)
    return _names.find(name)


def __dir__() -> List[str]:
    return sorted([*_names.listed(), "Grok2Client", "configure", "grok_client"])


class _ClientModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`gatelet.compat.<provider>_client`, for every provider of the library."""

    def find_spec(self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None) -> Any:
        package, _, name = fullname.rpartition(".")
        if package != __name__ or not name.endswith("_client"):
            return None
        from . import _gateway

        if _gateway.provider(name[: -len("_client")]) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = "The functions of one provider; see gatelet.compat."
        module.__getattr__ = _names.find  # type: ignore[method-assign]


sys.meta_path.append(_ClientModules())
