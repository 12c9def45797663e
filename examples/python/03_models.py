"""03: the models of the configured providers and their prices.   python 03_models.py [part of an id]"""

import sys
from decimal import Decimal

from gatelet import Client, GateletError


def per_million(price):
    """Prices are decimal text, USD per token, so that no digit is lost; people read them per million."""
    return "unknown" if price is None else f"${Decimal(price) * 1_000_000:.2f}/M"


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    with Client() as client:
        models = [model for model in client.models.list() if wanted in model.id]
    for model in models[:20]:
        prompt, completion = (model.pricing.prompt, model.pricing.completion) if model.pricing else (None, None)
        print(f"{model.id:40} {model.context_length or 0:8} tokens  in {per_million(prompt)}  out {per_million(completion)}")
    print(f"{len(models)} models")


try:
    main()
except GateletError as error:
    sys.exit(str(error))
