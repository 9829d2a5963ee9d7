"""The use cases: functions that take a unit of work and plain data, and give plain data back."""
