"""The parts that all docks share: session, thread, runs, autosave and results."""
