"""gatelet doctor: versions, keys, addresses, TLS, proxies and limits, in words, and what to do about them."""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import resource
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from .. import Client, GateletError, __version__, library_path, version
from .._development import in_development
from . import _output
from ._common import DONE, FAILED, NOT_MADE, command, print_json, read_config

_ADVICE = {
    "auth": "the key is refused: it is wrong, was withdrawn, or belongs to another provider. Make a new one and set {variable}",
    "permission": "the key is known, but may not do that: look at its rights and at the countries that the provider serves",
    "funds": "the account has no credit left: add some",
    "rate_limit": "too many requests for now, so key and address are right: wait, or ask for a higher limit",
    "keys_exhausted": "every key was refused lately: wait, or add one",
    "resolve": "the name of its host has no address: is there a network, and is {address} right? Behind a proxy set https_proxy",
    "connect": "nobody answers at {address}: is the server running, and does a firewall let it through?",
    "tls": "no secure connection: the certificate is not trusted. Behind a proxy that opens TLS name its certificate in SSL_CERT_FILE or http.ca_file",
    "timeout_connect": "no connection in time: a firewall may swallow it, or a proxy is needed (https_proxy)",
    "timeout_first_byte": "connected, but no answer in time",
    "not_found": "{address} has no list of models: is the path right? Chats may work all the same",
    "bad_response": "{address} answers, but not as this provider does: is it the right address, or a page of a proxy?",
    "overloaded": "it is overloaded just now; key and address are not to blame",
    "unavailable": "it is not available just now; key and address are not to blame",
    "server": "it failed inside; key and address are not to blame",
}


class Finding(NamedTuple):
    mark: str
    """ok, note, warning or problem."""
    subject: str
    text: str


def declare(commands: Any) -> None:
    made = command(commands, "doctor", doctor, "say in words what is set up, and what is wrong with it")
    made.add_argument("--offline", action="store_true", help="call nobody")
    made.add_argument("--provider", action="append", metavar="ID", help="only this provider; may be given several times")


def doctor(options: argparse.Namespace) -> int:
    found: List[Finding] = []
    begun = True
    for part in (_versions(), _configured(options), _tls(options), _proxies(options), _limits(options)):
        for finding in part:
            found.append(finding)
            begun = begun and (finding.subject, finding.mark) != ("configuration", "problem")
            if not options.json:
                _output.finding(*finding)
    problems = sum(one.mark == "problem" for one in found)
    if options.json:
        print_json({"problems": problems, "findings": [one._asdict() for one in found]})
    else:
        _output.note("Nothing is wrong." if not problems else f"{problems} problem{'s' if problems > 1 else ''}.")
    return DONE if not problems else FAILED if begun else NOT_MADE


def _versions() -> Iterator[Finding]:
    yield Finding("ok", "versions", f"library {version()} at {library_path()}; Python {platform.python_version()} on {platform.machine()}")
    if version() != __version__:
        yield Finding("warning", "versions", f"the package is {__version__} and the library {version()}: what is newer in one of them may be missing")
    for file, function, least in (("libcurl.so.4", "curl_version", (7, 80, 0)), ("libjansson.so.4", "jansson_version_str", (2, 11))):
        try:
            ask = getattr(ctypes.CDLL(file), function)
        except (OSError, AttributeError):
            continue  # the library itself is loaded, so they are there under other names
        ask.restype = ctypes.c_char_p
        told = str(ask().decode())
        words = told.split()
        number = words[0].rpartition("/")[2]
        if tuple(int(part) for part in number.split(".") if part.isdigit()) < least:
            yield Finding("problem", "versions", f"{file} is {number}, but {'.'.join(map(str, least))} is needed: upgrade the system's package")
        else:
            yield Finding("ok", "versions", told if function == "curl_version" else f"libjansson/{told}")


def _configured(options: argparse.Namespace) -> Iterator[Finding]:
    try:
        client = Client(read_config(options.config) or None)  # type: ignore[arg-type]
    except (GateletError, OSError, ValueError) as error:
        yield Finding("problem", "configuration", str(error))
        return
    with client:
        file = options.config or os.environ.get("GATELET_CONFIG")
        yield Finding("ok", "configuration", f"{file} is read" if file else "the environment only; GATELET_CONFIG or --config names a file")
        try:
            states = client.providers(options.provider)
        except GateletError as error:
            yield Finding("problem", "configuration", str(error))
            return
        for warning in states.warnings or ():
            yield Finding("warning", "configuration", warning)
        developing = in_development(client)
        if developing and not any("development provider" in warning for warning in states.warnings or ()):
            yield Finding("warning", "configuration", "the development mode is on: the development provider answers, and nobody else is asked")
        usable = [state for state in states if state.configured]
        yield from _keys(states.data)
        yield from _misspelt([name for state in states for name in state.key_variables or ()])
        if not usable and not developing:
            yield Finding("problem", "keys", "no provider can be asked: set a key such as OPENROUTER_API_KEY; DEV_MODE=true tries it without")
        yield from _addresses(client, usable, offline=options.offline)


def _keys(states: List[Any]) -> Iterator[Finding]:
    for state in states:
        if state.key_present:
            name = next((one for one in state.key_variables or () if os.environ.get(one)), None)
            source = f"from {name}" if name else f"from the configuration ({', '.join(key.name for key in state.keys or ())})"
            use = "" if state.named else "; used when it is asked for, and never in another's place, as no configuration names it"
            yield Finding("ok", "keys", f"{state.id}: {source}{use}")
            if not state.configured:
                yield Finding("warning", "keys", f"{state.id} cannot be asked all the same: {_lacks(state)}")
        elif state.named and state.key_need == "required":
            names = _output.listed(state.key_variables or [f"providers.{state.id}.api_key"])
            yield Finding("problem", "keys", f"{state.id} is named in the configuration and has no key: set {names}")


def _misspelt(known: List[str]) -> Iterator[Finding]:
    from difflib import get_close_matches

    for name in os.environ:
        if name not in known and ("KEY" in name or "TOKEN" in name):
            for meant in get_close_matches(name, known, 1, 0.92):
                if not os.environ.get(meant):
                    yield Finding("warning", "keys", f"{name} is set, which nobody reads: is {meant} meant?")


def _lacks(state: Any) -> str:
    if "{" in (state.base_url or ""):
        return f"its address {state.base_url} has parts that are not set (docs/configuration.md, Variables)"
    return "it has to be named in the configuration, as {} under `providers`"


def _addresses(client: Client, usable: List[Any], *, offline: bool) -> Iterator[Finding]:
    ids = [state.id for state in usable if state.id != "dev"]
    for state in usable:
        address = urlsplit(state.base_url or "")
        if address.scheme == "http" and not _is_here(address.hostname or ""):
            yield Finding("warning", "addresses", f"{state.id}: {state.base_url} is not encrypted: anybody on the way can read prompts and keys")
    if offline or not ids:
        return
    with _output.waiting("calling " + ", ".join(ids)):
        probed = client.providers(ids, probe=True)
    for state in probed:
        if state.probe and state.probe.ok:
            yield Finding("ok", "addresses", f"{state.id}: {state.base_url} answers in {state.probe.latency_ms or 0:.0f} ms")
        elif state.probe:
            error: Any = state.probe.error
            variable = _output.listed((state.key_variables or [])[:1] or [f"providers.{state.id}.api_key"])
            advice = _ADVICE.get(error.kind, "see docs/errors.md").format(variable=variable, address=state.base_url)
            passing = error.kind in ("rate_limit", "overloaded", "unavailable", "server", "not_found")
            yield Finding("warning" if passing else "problem", "addresses", f"{state.id}: {advice} ({error.kind}: {error.message})")


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _tls(options: argparse.Namespace) -> Iterator[Finding]:
    named: List[Tuple[str, Optional[str]]] = [(name, os.environ.get(name)) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    http = _member(options, "http")
    named += [(f"http.{name}", http.get(name)) for name in ("ca_file", "client_cert", "client_key")]
    shown = False
    for name, path in named:
        if not path:
            continue
        shown = True
        if os.access(path, os.R_OK):
            yield Finding("ok", "TLS", f"{name} is {path}")
        else:
            yield Finding("problem", "TLS", f"{name} is {path}, which cannot be read: no certificate will be trusted")
    if not shown:
        yield Finding("ok", "TLS", "the system's certificates are trusted (Debian: ca-certificates); SSL_CERT_FILE names others")


def _proxies(options: argparse.Namespace) -> Iterator[Finding]:
    http = _member(options, "http")
    shown = bool(http.get("proxy"))
    if shown:
        yield Finding("note", "proxies", f"http.proxy is {_without_password(str(http['proxy']))}, and those of the environment are not looked at")
    if http.get("no_proxy"):
        yield Finding("note", "proxies", f"http.no_proxy is {_without_password(str(http['no_proxy']))}")
    for name in () if shown else ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        value = os.environ.get(name)
        if value:
            shown = True
            yield Finding("note", "proxies", f"{name} is {_without_password(value)}")
    if os.environ.get("HTTP_PROXY") and not http.get("proxy"):
        yield Finding("warning", "proxies", "HTTP_PROXY is not used, as clients of a CGI program can set it: write http_proxy")
    if not shown:
        yield Finding("ok", "proxies", "none; https_proxy or http.proxy names one")


def _without_password(address: str) -> str:
    before, at, host = address.rpartition("@")
    scheme, slashes, _ = before.rpartition("://")
    return f"{scheme}{slashes}***@{host}" if at else address


def _limits(options: argparse.Namespace) -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 1024:
        yield Finding("warning", "limits", f"{soft} open files are allowed, and each stream needs one: ulimit -n {hard if hard > 0 else 65536}")
    else:
        yield Finding("ok", "limits", f"{soft if soft != resource.RLIM_INFINITY else 'any number of'} open files are allowed; each stream needs one")
    limits = _member(options, "limits")
    for name, rules in limits.items():
        yield Finding("note", "limits", f"the configuration bounds {name}: {rules}")
    if not limits:
        yield Finding("note", "limits", 'requests, tokens and USD are not bounded; "limits": {"client": {"usd_per_day": "20"}} would (docs/limits.md)')
    if sys.version_info < (3, 9):
        yield Finding("problem", "limits", "Python 3.9 is needed")


def _member(options: argparse.Namespace, name: str) -> Dict[str, Any]:
    path = options.config or os.environ.get("GATELET_CONFIG")
    try:
        found = read_config(path).get(name)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
