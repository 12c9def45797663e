"""`python -m gatelet`: the library's version and where it lies. `python -m gatelet test-models`: which models answer."""

import sys

from . import library_path, version

if len(sys.argv) < 2:
    print(f"gatelet {version()}\n{library_path()}")
elif sys.argv[1] == "test-models":
    from ._test_models import main

    sys.exit(main(sys.argv[2:]))
else:
    print("usage: python -m gatelet [test-models [-h] ...]", file=sys.stderr)
    sys.exit(2)
