"""01: one chat.   pip install ./bindings/python && python 01_chat.py [model [prompt]]

The environment decides who answers: OPENROUTER_API_KEY, ONEROUTER_API_KEY, ... or DEV_MODE=true without any network.
"""

import sys

from gatelet import Client, GateletError

model = sys.argv[1] if len(sys.argv) > 1 else "openai/gpt-4o-mini"
prompt = sys.argv[2] if len(sys.argv) > 2 else "Say hello in one short sentence."

try:
    with Client() as client:
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}])
        print(answer.choices[0].message.content)
except GateletError as error:
    sys.exit(str(error))
