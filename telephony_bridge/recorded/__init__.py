"""Streams recorded from our own laboratory exchange (Asterisk 22); all callers and agents are invented.

`NAME.ami.gz` holds the raw bytes of one AMI session, `NAME.idx.gz` when they came: a line with the start,
then "offset seconds" for each read. `calls` has four answered calls to 12345, 12315, 12369 and 12333,
taken by two agents; `abandon` has one caller who leaves while the phone rings; in `consult` agent 8001
asks 8002 and hands the caller over.
"""
