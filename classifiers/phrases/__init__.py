"""What phrases alone can tell of a message: `rules` is the door, everything else here stands behind it.

`request_type` weighs phrases for what is wanted; `alarms` listens for the phrases of `alarm_table` (data/alarms.txt, with the
shared words of `alarm_words`); `hearing` says whether a phrase is meant as it stands; `index` sieves thousands of them.
"""
