"""The house's floors: which room may include which, which libraries it may use, and no cycle of files."""

import json

from tidy_checks.headers import POSIX, STANDARD
from tidy_checks.tree import Finding

FLOORS = "tools/floors.json"
SAME_FLOOR = {("model", "sql")}


def check_table(tree):
    """floors.json agrees with itself, and every folder of src/ is a room in it."""
    rooms = _rooms(tree)
    for room, line in rooms.items():
        for other in line["may_include"]:
            why = _table_fault(rooms, room, other)
            if why:
                yield Finding(FLOORS, 1, f"{room} may include {other}", why)
    for folder in sorted({path.split("/")[1] for path in tree.cpp_files("src")}):
        if folder not in rooms or folder == "include":
            yield Finding(f"src/{folder}", 1, "no such room in the table", f"move it into a room, or add a line to {FLOORS}")


def _table_fault(rooms, room, other):
    if other == "*":
        top = max(line["floor"] for line in rooms.values())
        return None if rooms[room]["floor"] == top else "only the top floor knows every room / name the rooms"
    if other not in rooms:
        return "there is no such room / mend the name"
    here, there = rooms[room]["floor"], rooms[other]["floor"]
    if there < here or (room, other) in SAME_FLOOR:
        return None
    return f"includes run downward only, and floor {there} is not below floor {here} / move the shared part down"


def check_includes(tree):
    """Every include in src/, include/ and apps/ stands in its room's line of the table."""
    rooms = _rooms(tree)
    for path in tree.cpp_files("src", "include", "apps"):
        room = room_of(path)
        if room not in rooms:
            continue  # check_table has said so
        for include in tree.source(path).includes:
            check = _check_angled if include.angled else _check_quoted
            fault = check(tree, rooms, room, path, include.name)
            if fault:
                quoted = f"<{include.name}>" if include.angled else f'"{include.name}"'
                yield Finding(path, include.line, f"{room} includes {quoted}", fault)


def room_of(path):
    """src/collect/postgres/x.cpp -> collect; include/... -> include; apps/... -> apps."""
    top, rest = path.split("/", 1)
    return rest.split("/")[0] if top == "src" else top


def _check_quoted(tree, rooms, room, path, name):
    if room == "include":
        return 'public headers include one another as <lockkeeper/...> / use angle brackets'
    if room == "apps" and tree.exists(f"apps/{name}"):
        return None
    other = name.split("/")[0]
    if name.startswith("lockkeeper/"):
        return "public headers are included as <lockkeeper/...> / use angle brackets"
    if "/" not in name or other not in rooms or other == "apps":
        return 'project headers are named from src/, as "room/file.hpp" / write the room'
    return _room_fault(rooms, room, other)


def _check_angled(tree, rooms, room, path, name):
    if name.startswith("lockkeeper/"):
        return _room_fault(rooms, room, "include")
    if name in STANDARD:
        return None
    if room == "include" and name.startswith("gtest/") and path.endswith("_gtest.hpp"):
        return None  # an adapter for whoever has GoogleTest; nothing else includes it
    if room == "include":
        return "public headers know std and <lockkeeper/...> only / move it behind an interface"
    if name in POSIX or name.startswith(("sys/", "netinet/", "arpa/")):
        return None
    allowed = rooms[room]["externals"]
    if "*" in rooms[room]["may_include"] and not allowed:
        allowed = [prefix for line in rooms.values() for prefix in line["externals"]]
    if any(name.startswith(prefix) for prefix in allowed):
        return None
    return f"not one of the room's libraries ({', '.join(allowed) or 'none'}) / use the room that has it"


def _room_fault(rooms, room, other):
    allowed = rooms[room]["may_include"]
    if other == room or other in allowed or "*" in allowed:
        return None
    return f"{room} may include only {', '.join([room, *allowed])} / let {other}'s part come down, or {room}'s go up"


def check_cycles(tree):
    """No file of src/ and include/ includes itself through others."""
    files = tree.cpp_files("src", "include")
    for group in _cycles({path: tree.includes_of(path) for path in files}):
        members = sorted(group)
        line = next(line for target, line in tree.includes_of(members[0]) if target in group)
        chain = " and ".join(members)
        yield Finding(members[0], line, f"include cycle: {chain}", "neither can be understood first / split what both need")


def _cycles(edges):
    """Strongly connected groups of more than one file, and files that include themselves (Tarjan, without recursion)."""
    index, low, stack, on_stack = {}, {}, [], set()
    for start in edges:
        if start in index:
            continue
        work = [(start, iter(edges[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, targets = work[-1]
            target = next((t for t, _ in targets if t in edges), None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = set(stack[stack.index(node) :])
                    del stack[stack.index(node) :]
                    on_stack -= group
                    if len(group) > 1 or any(t == node for t, _ in edges[node]):
                        yield group
            elif target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(edges[target])))
            elif target in on_stack:
                low[node] = min(low[node], index[target])


def _rooms(tree):
    return json.loads(tree.text(FLOORS))["rooms"]
