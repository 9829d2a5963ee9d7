"""hotline owns the tickets: it is the only package that knows the whole house."""

__version__ = "0.1.0"
