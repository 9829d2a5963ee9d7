"""Reading what the old hotlines' systems export: files first, one module per system later."""
