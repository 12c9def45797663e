"""gatelet_providers: where lists stand, and what is left on accounts."""
import json

from conftest import config


def providers(client, **query):
    answer = client.call("providers", query)
    assert answer.status == 0, answer
    return {one["id"]: one for one in answer.answer["data"]}


def test_metadata(server, gateway):
    client = gateway(config(server))
    all_of_them = providers(client)
    openrouter, own = all_of_them["openrouter"], all_of_them["p"]
    assert openrouter["slug"] == "openrouter" and openrouter["docs_url"].startswith("https://") and not openrouter["key_present"]
    assert own["key_present"] and own["docs_url"] is None and own["list"] is None and "balance" not in own and "probe" not in own


def test_list(server, gateway):
    client = gateway(config(server))
    client.models()
    there = providers(client, provider="p")["p"]["list"]
    assert there["count"] == 3 and there["source"] == "api" and there["error"] is None and not there["stale"] and there["age"] < 60
    server.answer = lambda path, number: (500, b"{}")
    client.models(fresh=True)
    there = providers(client, provider="p")["p"]["list"]
    assert there["count"] == 3 and there["error"]["status"] == 307


def test_list_that_never_came(server, gateway):
    server.answer = lambda path, number: (401, b"{}")
    client = gateway(config(server))
    client.models()
    there = providers(client, provider="p")["p"]["list"]
    assert set(there) == {"error"} and there["error"]["status"] == 301


def asked(gateway, server, form, answer):
    setting = config(server)
    setting["providers"]["p"]["balance"] = form
    server.answer = lambda path, number: answer
    got = providers(gateway(setting), provider="p", balance=True)["p"]["balance"]
    assert server.seen == ["/v1" + form["url"]]
    return got


CREDITS = {"url": "/credits", "total": "data.total_credits", "used": "data.total_usage"}


def test_balance_of_two_numbers(gateway, server):
    got = asked(gateway, server, CREDITS, b'{"data":{"total_credits":110.25,"total_usage":10.100000000000000001}}')
    assert got == {"currency": "USD", "remaining": "100.149999999999999999", "total": "110.25", "used": "10.100000000000000001", "error": None}


def test_balance_below_zero(gateway, server):
    assert asked(gateway, server, CREDITS, b'{"data":{"total_credits":1,"total_usage":1.5}}')["remaining"] == "-0.5"


def test_balance_of_one_number(gateway, server):
    got = asked(gateway, server, {"url": "/balance", "remaining": ["nowhere", "data.balance"]}, b'{"data":{"balance":"$1,234.50"}}')
    assert got["remaining"] == "1234.5" and got["total"] is None


def test_balance_that_cannot_be_had(gateway, server):
    for answer, status in (((401, b'{"error":{"message":"key sk-lists-1 refused"}}'), 301), (b'{"data":{}}', 312), (b"what", 312)):
        server.seen.clear()
        got = asked(gateway, server, CREDITS, answer)
        assert got["remaining"] is None and got["error"]["status"] == status and "sk-lists-1" not in json.dumps(got)


def test_balance_is_asked_of_those_that_tell_it(gateway, server):
    client = gateway(config(server))
    assert all("balance" not in one for one in providers(client, balance=True).values())
    assert server.seen == []


def test_wrong_forms(server, gateway):
    import library
    for form in ({"url": "credits", "remaining": "x"}, {"url": "/credits"}, {"url": "/c", "total": "a"}, {"url": "/c", "remaining": "a", "unit": "EUR"}):
        setting = config(server)
        setting["providers"]["p"]["balance"] = form
        try:
            library.Client(json.dumps({"environment": False, **setting}))
        except library.Refused as refusal:
            assert refusal.status == 103 and "providers.p.balance" in json.loads(refusal.error)["message"]
        else:
            raise AssertionError(form)
