"""Reads a drawn tree of who waits behind whom, and what the server says about it."""


def parents_in(tree):
    """Who is above whom, from the depths of a tree drawn depth first."""
    above, parents = [], {}
    for line in tree:
        del above[line["depth"] :]
        if line["pid"] is not None and above:
            parents[line["pid"]] = above[-1]
        above.append(line["pid"])
    return parents


def ahead_of(pid, server_says):
    """Everybody whom a session waits for, directly or through others."""
    ahead, asked = set(), [pid]
    while asked:
        for blocker in server_says.get(asked.pop(), []):
            if blocker not in ahead:
                ahead.add(blocker)
                asked.append(blocker)
    return ahead
