"""Personal data in Chinese text: the shapes of numbers, their check digits, surnames. One finder for everybody.

A leaf: standard library only, imports nothing of ours. `hotline.domain.personal` masks by it, `classifiers` mark and warn by it.
"""
