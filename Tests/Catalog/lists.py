"""Serves model lists as providers give them, asks the library for them, and compares every entry with the reader's."""
import base64
import collections
import copy
import glob
import json
import os
import re
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
sys.path += [os.path.join(root, "Tests", "Replay"), os.path.join(root, "Tests", "Support")]
import library  # noqa: E402  (the library through ctypes)
import exchanges  # noqa: E402
import reader  # noqa: E402
from checks import Checks  # noqa: E402

tests = Checks()


def check(name, problems):
    if tests.wanted(name):
        tests.check(name, problems)


def parse(body):
    return json.loads(body, parse_float=Decimal)


# ---------------------------------------------------------------- what there is to read

List = collections.namedtuple("List", "name shape status headers body")


def own_lists():
    for path in sorted(glob.glob(os.path.join(root, "Tests", "Fixtures", "models", "*.json"))):
        name = os.path.basename(path)[:-5]
        shape = {"ollama": "openai", "near_v1": "near", "vllm": "openai"}.get(name, name)
        if shape in reader.SHAPES:
            with open(path, "rb") as file:
                yield List("own " + name, shape, 200, {}, file.read())


def recorded_lists():
    for folder in exchanges.folders():
        part = " (a part)" if folder == exchanges.SMALL else ""
        for path in sorted(glob.glob(os.path.join(folder, "models", "*.json"))):
            name = os.path.basename(path)[:-5]
            if name != "index":
                with open(path, "rb") as file:
                    yield List(f"recorded list {name}{part}", {"cerebras": "openai", "gemini-2": "gemini"}.get(name, name), 200, {}, file.read())
    for record in exchanges.records():
        if record["api"] != "models":
            continue
        response = record["response"]
        body = response["body"] or ""
        body = base64.b64decode(body) if response.get("body_format") == "base64" else body.encode()
        is_list = response["status"] == 200 and re.search(r"/models(\?.*)?$", record["request"]["url"])
        shape = {"cerebras": "openai", "deepseek": "openai"}.get(record["provider"], record["provider"])
        yield List(f"recorded exchange {record['id']}", shape if is_list else None, response["status"], response["headers"], body)


# ---------------------------------------------------------------- the server and the library

class Server:
    """GET /<number>/... gives that list; a request for a further page an empty one."""

    def __init__(self, lists):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                one = lists[int(self.path.split("/")[1])]
                again = re.search(r"[?&](pageToken|after_id|page_token|page)=", self.path)
                body = b'{"data":[],"models":[]}' if again else one.body
                self.send_response(one.status)
                for name, value in one.headers.items():
                    if name.lower() in ("retry-after", "content-type"):
                        self.send_header(name, value if isinstance(value, str) else value[0])
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def entries(lists):
    """For each list what the library gives: (entries, error or None)."""
    server = Server(lists)
    providers = {f"p{number}": {"base_url": f"{server.url}/{number}/v1", "key": "none", "site_url": "https://site.example/", "logo_url": "https://logo.example/",
                                "models": {"form": one.shape or "openai"}} for number, one in enumerate(lists)}
    client = library.Client(json.dumps({"environment": False, "log": "off", "providers": providers}))
    found = []
    for number in range(len(lists)):
        status, answer, error = client.call("list_models", json.dumps({"provider": f"p{number}"}).encode())
        if status:
            found.append(([], parse(error)))
            continue
        found.append(([one for one in parse(answer)["data"] if one["source_gateway"] == f"p{number}"], None))
    server.server.shutdown()
    return found


# ---------------------------------------------------------------- comparing

NULLS = {"created", "description", "context_length", "max_output_tokens", "top_provider", "per_request_limits", "supported_parameters", "default_parameters",
         "type", "capabilities", "expiration_date", "hugging_face_id"}
TOLD = NULLS | {"canonical_slug", "name", "architecture", "pricing"}


def compared(provider, entry, wanted):
    """Problems of one entry."""
    problems = []

    def differ(member, ours, theirs):
        problems.append(f"{entry.get('id')} {member}: library {ours!r}, reader {theirs!r}")

    fixed = {"id": wanted["id"], "slug": f"{provider}/{wanted['id']}", "provider_slug": provider, "source_gateway": provider,
             "provider_site_url": "https://site.example/", "model_logo_url": "https://logo.example/",
             "canonical_slug": wanted.get("canonical_slug", f"{provider}/{wanted['id']}"), "name": wanted.get("name", wanted["id"])}
    for member, value in fixed.items():
        if entry.get(member) != value:
            differ(member, entry.get(member), value)
    sources = entry.get("sources", {})
    for member in TOLD:
        told, source = wanted.get(member), sources.get(member)
        if told is not None and told != {} and source != "api":
            differ("sources." + member, source, "api")
        if told is None and source == "api":
            differ("sources." + member, source, None)
    for member in NULLS:
        if sources.get(member, "api") == "api" and (member not in entry or entry[member] != wanted.get(member)):
            differ(member, entry.get(member, "absent"), wanted.get(member))
    if entry.get("aliases") != wanted.get("aliases"):
        differ("aliases", entry.get("aliases"), wanted.get("aliases"))
    if sources.get("architecture", "api") == "api":
        ours = {name: value for name, value in entry["architecture"].items() if value is not None}
        if ours != wanted.get("architecture", {}):
            differ("architecture", ours, wanted.get("architecture"))
    if sources.get("pricing", "api") == "api":
        compare_prices(entry, wanted, differ)
    return problems


def amounts(prices, differ):
    found = {}
    for kind, price in prices.items():
        if kind == "overrides":
            found[kind] = [amounts(one, differ) for one in price]
        elif kind in ("min_prompt_tokens", "server"):
            found[kind] = price
        elif price is not None:
            if not isinstance(price, str) or not re.fullmatch(r"(0|[1-9]\d*)(\.\d*[1-9])?", price):
                differ("pricing." + kind, price, "canonical decimal text")
            found[kind] = Decimal(price)
    return found


def compare_prices(entry, wanted, differ):
    ours = amounts(entry["pricing"], differ)
    if ours != wanted.get("pricing", {}):
        differ("pricing", ours, wanted.get("pricing"))
    if [kind for kind in ("prompt", "completion", "request", "image") if kind not in entry["pricing"]]:
        differ("pricing", entry["pricing"], "prompt, completion, request and image")
    told = wanted.get("pricing")
    if told is not None and entry["pricing_source"] != "api" or told is None and entry["pricing_source"] == "api":
        differ("pricing_source", entry["pricing_source"], told and "api")
    flags = [flag for flag in entry.get("pricing_flags", []) if flag != "implausible"]
    if flags != wanted.get("pricing_flags", []):
        differ("pricing_flags", flags, wanted.get("pricing_flags"))
    known = "prompt" in ours and "completion" in ours and not entry.get("pricing_flags")
    if entry["pricing_known"] is not known:
        differ("pricing_known", entry["pricing_known"], known)


def compare(number, one, found):
    """Problems of one list."""
    listed, error = found
    if error is not None:
        return [f"refused: {error}"]
    wanted, lost = reader.models(one.shape, parse(one.body))
    problems = [f"told and lost: {path}" for path in sorted(lost)]
    if [entry["id"] for entry in listed] != list(wanted):
        problems.append(f"ids differ: {len(listed)} by the library, {len(wanted)} by the reader")
    for entry in listed:
        if entry["id"] in wanted:
            problems += compared(f"p{number}", entry, wanted[entry["id"]])
    return problems


# ---------------------------------------------------------------- a difference must be seen

def planted(lists):
    """Each changes what is served, not what is read: (what, the changed list)."""
    by_name = {one.name.split()[-1]: one for one in lists}

    def changed(name, old, new):
        one = by_name[name]
        assert old in one.body, (name, old)
        return one, one._replace(body=one.body.replace(old, new, 1))

    yield ("a price that is a tenth off",) + changed("openrouter", b'"0.000002"', b'"0.0000021"')
    yield ("a tier that begins elsewhere",) + changed("vercel", b"0.0000003", b"0.0000030")
    yield ("a length without a digit",) + changed("mistral", b"262144", b"26214")
    yield ("a capability less",) + changed("anthropic", b'"image_input":{"supported":true}', b'"image_input":{"supported":false}')
    yield ("a name of another",) + changed("gemini", b"Gemini 2.5 Flash", b"Gemini 2.5 Flesh")
    yield ("a model less",) + changed("chutes", b'"id":"zai-org/GLM-4.5"', b'"ld":"zai-org/GLM-4.5"')


def main():
    own = list(own_lists())
    lists = own + list(recorded_lists())
    models = 0
    for number, (one, found) in enumerate(zip(lists, entries(lists))):
        if one.shape is None:
            kind = (found[1] or {}).get("kind")
            check(one.name + " is refused", [] if kind in (("bad_response",) if one.status == 200 else ("auth", "bad_request", "permission")) else [f"kind {kind}"])
            continue
        check(f"{one.name} ({one.shape})", compare(number, one, found))
        models += len(found[0])
    changes = list(planted(own))
    for number, ((what, one, _), found) in enumerate(zip(changes, entries([changed for _, _, changed in changes]))):
        check(f"planted: {what} is seen", [] if compare(number, one, found) else ["it was not"])
    unknown = copy.deepcopy(parse(own[0].body))
    (unknown if isinstance(unknown, list) else unknown.get("data") or unknown["models"])[0]["surprise"] = {"inside": 1}
    check("planted: a member nobody has a place for is seen", [] if "surprise.inside" in reader.models(own[0].shape, unknown)[1] else ["it was not"])
    print(f"{len(lists)} lists, {models} models")
    return tests.end()


sys.exit(main())
