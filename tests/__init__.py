"""Tests: domain services web classifiers kb telephony (mirrors), contract (one suite per seam), flows, browser."""
