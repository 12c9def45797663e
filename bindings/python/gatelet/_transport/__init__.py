"""Gatelet below the official SDKs: transports for httpx and httpx2 that answer their requests by calls of the library."""
