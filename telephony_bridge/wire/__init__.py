"""Protocols on the wire: bytes in, messages out. No policy, no knowledge of calls."""
