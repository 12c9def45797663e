"""07: a hook sees every attempt, and refuses requests that name no team.   python 07_hook.py [model]"""

import sys

from gatelet import Client, GateletError, RefusedError, Veto

model = sys.argv[1] if len(sys.argv) > 1 else "openai/gpt-4o-mini"
messages = [{"role": "user", "content": "Say hello."}]


def watch(event):
    if event["event"] == "request" and not event["tag"]:
        raise Veto("no team")
    if event["event"] == "attempt_end":
        print(f"{event['tag']}: {event['model']} of {event['provider']}: {event['status']}")


try:
    with Client() as client:
        client.set_hook(watch, events=["request", "attempt_end"])
        client.chat.completions.create(model=model, messages=messages, gatelet={"tag": "search"})
        try:
            client.chat.completions.create(model=model, messages=messages)
        except RefusedError as error:
            print(f"refused: {error.message}")
except GateletError as error:
    sys.exit(str(error))
