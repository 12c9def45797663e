"""08: which models answer, and how fast?   python 08_test_models.py [model or pattern with *]

`gatelet test-models` does the same with a progress bar, a log, and results that survive Ctrl-C."""

import sys

from gatelet import Client, GateletError


def show(event):
    """Called for each start, each end, and once a second between. A true value would stop the test."""
    if event.event == "finish":
        print(f"[{event.done} of {event.total}] {event.name}: {event.reason or event.status}")


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    with Client() as client:
        results = client.test_models(wanted, spacing=1, on_progress=show)  # 180 s, the default, is kind to free models
    for place, model in enumerate(results.fastest, 1):
        print(f"{place}. {model.name}: {model.latency_ms / 1000:.2f} s")
    print(f"{results.summary.total} tested, {results.summary.successful} successful")


try:
    main()
except GateletError as error:
    sys.exit(str(error))
