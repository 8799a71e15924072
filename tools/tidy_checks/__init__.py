"""The checks of tools/tidy. Each check is a function of a Tree that yields Findings; main.py lists them."""
