"""Channels to people outside: console (shows masked), webhook (SMS gateway)."""
