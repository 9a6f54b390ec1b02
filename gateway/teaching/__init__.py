"""The language data and the live model, as the console and `duely nlu` ask for them (console.teach.port)."""
