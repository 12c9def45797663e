"""The judge of the native dialects. dialects.py [--long] [anthropic|gemini|...] [-k NAME]"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, *(os.path.join(HERE, "..", name) for name in ("Replay", "Usage", "Live", "Support"))]

import asked  # noqa: E402
import assembled  # noqa: E402
import beside  # noqa: E402
import cases  # noqa: E402
import clients  # noqa: E402
import completing  # noqa: E402
import conversations  # noqa: E402
import counting  # noqa: E402
import crossed  # noqa: E402
import embeddings  # noqa: E402
import listing  # noqa: E402
import noticing  # noqa: E402
import peers  # noqa: E402
import recordings  # noqa: E402
import repeating  # noqa: E402
import replies  # noqa: E402
import responses  # noqa: E402
import returned  # noqa: E402
import surfaces  # noqa: E402
import twins  # noqa: E402
import unfinished  # noqa: E402
import unsaid  # noqa: E402
import written  # noqa: E402
from checks import Checks  # noqa: E402

WORDS = ("anthropic", "gemini", "responses", "messages")


def main():
    arguments = sys.argv[1:]
    long = "--long" in arguments
    arguments = [one for one in arguments if one != "--long"]
    if arguments[:1] and arguments[0] in WORDS:
        arguments = ["-k", arguments[0]] + arguments[1:]
    tests = Checks(arguments[:2])
    replayed = recordings.all_of(tests, long)
    if replayed:
        returned.all_of(tests, replayed.listing, replayed.readings, replayed.messages)
    surfaces.all_of(tests)
    asked.all_of(tests)
    written.all_of(tests, long)
    crossed.all_of(tests, long)
    cases.all_of(tests)
    embeddings.all_of(tests)
    conversations.all_of(tests, long)
    responses.all_of(tests)
    peers.all_of(tests)
    clients.all_of(tests)
    replies.all_of(tests)
    assembled.all_of(tests)
    unsaid.all_of(tests)
    unfinished.all_of(tests)
    beside.all_of(tests)
    twins.all_of(tests)
    repeating.all_of(tests)
    counting.all_of(tests)
    completing.all_of(tests)
    noticing.all_of(tests)
    listing.all_of(tests)
    return tests.end()


if __name__ == "__main__":
    sys.exit(main())
