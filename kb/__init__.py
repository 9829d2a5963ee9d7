"""Knowledge base and full-text search: articles with a life cycle, two interchangeable search indexes,
suggestions.

A library: it imports neither the hotline nor its sibling libraries. Chinese word segmentation is handed in.
"""
