"""What other software wants to know of requests: gatelet.integrations.opentelemetry, .prometheus and .sentry.

Each needs the official package of that name: pip install "gatelet[opentelemetry]" and so on. docs/observability.md describes them.
"""
