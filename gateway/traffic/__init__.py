"""Demo traffic: weeks of conversations of made-up members, for a console that has something true to show."""
