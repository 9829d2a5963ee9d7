"""Everything that speaks HTTP: staff desks, the citizens' portal, the JSON API and the live socket."""
