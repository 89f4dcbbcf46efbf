"""What all docks share: session, thread, runs, autosave, results."""
