"""06: failover, seen without a network: of two development providers the first fails as its script says.

python 06_failover.py [what happens at the first one, such as 429 or '{"stall_at_chunk": 1}'], see docs/testing-failover.md
"""

import json
import sys

from gatelet import Client, GateletError

CONFIG = {
    "dev_mode": False,
    "providers": {
        "main": {"dialect": "dev", "faults": json.loads(sys.argv[1]) if len(sys.argv) > 1 else 503},
        "spare": {"dialect": "dev"},
    },
    "provider_order": ["main", "spare"],
    "retry": {"attempts": 1, "backoff_base": 0.1},
    "timeouts": {"first_byte": 1, "idle": 1},
}


def show(attempts):
    for attempt in attempts:
        print(f"{attempt.provider:6} {attempt.status:20} HTTP {attempt.http_status}  then: {attempt.get('action') or 'done'}")


try:
    with Client(CONFIG) as client:
        messages = [{"role": "user", "content": "Is anybody there?"}]
        answer = client.chat.completions.create(model="main/echo", messages=messages)
        show(answer.gatelet.attempts)
        print(answer.choices[0].message.content)
except GateletError as error:
    sys.exit(str(error))
