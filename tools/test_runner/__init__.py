"""The stages behind scripts/test: runner.py runs one command, stages.py knows which, counts.py reads results."""
