"""A gateway over HTTP on Gatelet: OpenAI's, Anthropic's and OpenRouter's interfaces, with keys, limits and a status page of its own.

Copy this folder into your service and change what you like. `python -m gateway gateway.json` starts it; README.md tells the settings.
"""
