"""The commands of `hotline`: each module adds its parser with `add(commands)` and holds what it runs."""
