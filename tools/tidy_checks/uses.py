"""Whether a file includes what it uses, itself or through what it includes, without compiling each alone.

Told by names: those of std that belong to one header, and the project's types, which are the only names that begin with capitals.
"""

import functools
import re

from tidy_checks.tree import Finding

FOLDERS = ("src", "include", "tests", "apps")
# Names of std, by the header that is to be included for them (any of several).
_STANDARD = {
    "algorithm": "clamp copy_if count_if equal_range find_if is_sorted lower_bound max_element min_element none_of partition_point "
    "remove_if stable_sort transform upper_bound",
    "array": "array",
    "atomic": "atomic atomic_bool atomic_flag memory_order_acquire memory_order_relaxed memory_order_release",
    "charconv": "from_chars to_chars",
    "chrono": "chrono",
    "cmath": "exp2 ldexp lgamma log1p log2 sqrt",
    "condition_variable": "condition_variable condition_variable_any",
    "cstdint": "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uintptr_t",
    "cstdlib": "getenv abort",
    "deque": "deque",
    "exception": "current_exception exception_ptr rethrow_exception",
    "expected": "expected unexpected",
    "filesystem": "filesystem",
    "fstream": "ifstream ofstream",
    "functional": "function move_only_function",
    "future": "async future promise",
    "iostream": "cerr cin cout",
    "limits": "numeric_limits",
    "list": "list",
    "map": "map multimap",
    "memory": "make_shared make_unique shared_ptr unique_ptr weak_ptr enable_shared_from_this",
    "mutex": "lock_guard mutex once_flag call_once",
    "mutex shared_mutex": "unique_lock scoped_lock",
    "numeric": "accumulate iota reduce",
    "optional": "nullopt optional",
    "random": "mt19937 mt19937_64 uniform_int_distribution uniform_real_distribution",
    "set": "multiset set",
    "source_location": "source_location",
    "span": "as_bytes span",
    "sstream": "istringstream ostringstream stringstream",
    "stdexcept": "invalid_argument logic_error out_of_range runtime_error",
    "string": "getline stod stoi stol stoll stoul stoull string to_string",
    "string_view": "string_view",
    "system_error": "errc error_code system_error generic_category system_category",
    "thread": "jthread this_thread thread",
    "tuple": "forward_as_tuple make_tuple tie tuple",
    "unordered_map": "unordered_map",
    "unordered_set": "unordered_set",
    "variant": "get_if holds_alternative monostate variant visit",
    "vector": "vector",
}
_HEADERS_OF = {name: frozenset(headers.split()) for headers, names in _STANDARD.items() for name in names.split()}
# What a header is sure to bring along.
_BRINGS = {
    "string": {"string_view"},
    "stdexcept": {"string"},
    "sstream": {"string"},
    "iostream": {"string"},
    "fstream": {"string"},
    "filesystem": {"string", "string_view", "system_error", "chrono"},
    "thread": {"chrono"},
    "condition_variable": {"chrono", "mutex"},
    "future": {"chrono", "mutex", "memory", "thread"},
    "system_error": {"string"},
    "charconv": {"system_error"},
    "fmt/format.h": {"string", "string_view"},
    "gtest/gtest.h": {"string", "vector", "memory", "tuple", "set", "map", "sstream", "string_view", "iostream"},
    "gmock/gmock.h": {"functional", "algorithm"},
}
_STD_NAME = re.compile(r"\bstd::(?:ranges::)?(\w+)")
# Two words at least: a name of one is a template's or a function's own as often.
_TWO_WORDS = r"([A-Z][a-z0-9]+[A-Z]\w*)"
_TYPE = re.compile(r"\b(?:class|struct|union|enum|enum class|using) (?:\[\[\w+\]\] )?(?:LK_\w+(?:\([^)]*\))? )?" + _TWO_WORDS + r"\b(?!::)")
_USED = re.compile(r"\b" + _TWO_WORDS + r"\b")
_TESTS = re.compile(r"^(?:TEST|INSTANTIATE)\w*\([^)]*\)?", re.MULTILINE)  # names of their own


def check_uses(tree):
    """Each file includes what it uses."""
    homes = _homes(tree)
    for path in tree.cpp_files(*FOLDERS):
        closure = tree.closure(path)
        yield from _missing_of_std(tree, path, closure)
        yield from _missing_of_ours(tree, path, closure, homes)


def _missing_of_std(tree, path, closure):
    there = set()
    for file in closure:
        for include in tree.source(file).includes:
            if include.angled:
                there |= {include.name} | _BRINGS.get(include.name, set())
    said = set()
    for match in _STD_NAME.finditer(tree.source(path).code):
        headers = _HEADERS_OF.get(match[1])
        if headers and not headers & there and headers not in said:
            said.add(headers)
            line = tree.source(path).code.count("\n", 0, match.start()) + 1
            yield Finding(path, line, f"uses std::{match[1]}", f"a file includes what it uses / #include <{sorted(headers)[0]}>")


def _homes(tree):
    """A type's name -> the headers that define it."""
    homes = {}
    for path in tree.cpp_files("src", "include", "tests", suffixes=".hpp"):
        for name in _types(tree, path):
            homes.setdefault(name, set()).add(path)
    return homes


@functools.cache
def _types(tree, path):
    return frozenset(_TYPE.findall(tree.source(path).code))


def _missing_of_ours(tree, path, closure, homes):
    known = {name for file in closure for name in _types(tree, file)}
    said = set()
    code = _TESTS.sub(lambda match: " " * len(match[0]), tree.source(path).code)
    for match in _USED.finditer(code):
        name = match[0]
        if name in homes and name not in known and name not in said:
            said.add(name)
            line = code.count("\n", 0, match.start()) + 1
            yield Finding(path, line, f"uses {name}", f"a file includes what it uses / #include \"{sorted(homes[name])[0]}\"")
