"""Sources of facts: a live Asterisk, or the recorded stream of one. Both go through the same reading and
mapping.
"""
