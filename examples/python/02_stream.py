"""02: an answer that prints itself as it arrives.   python 02_stream.py [model [prompt]]"""

import sys

from gatelet import Client, GateletError

model = sys.argv[1] if len(sys.argv) > 1 else "openai/gpt-4o-mini"
prompt = sys.argv[2] if len(sys.argv) > 2 else "Count from one to ten, in words."

try:
    with Client() as client:
        messages = [{"role": "user", "content": prompt}]
        # Leaving the block before the end, also by Ctrl-C, stops the provider.
        with client.chat.completions.create(model=model, messages=messages, stream=True) as stream:
            for chunk in stream:
                print(chunk.text, end="", flush=True)
        print()
except GateletError as error:
    sys.exit(str(error))
