"""Word lists that come with the package; a package itself so that they are installed."""
