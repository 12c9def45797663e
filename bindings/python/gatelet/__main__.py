"""`python -m gatelet`: the library's version and where it lies."""

from . import library_path, version

print(f"gatelet {version()}\n{library_path()}")
