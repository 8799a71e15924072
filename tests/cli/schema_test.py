"""The schemas themselves: the examples of docs/api.md are valid, and what is not promised is refused."""

import copy
import json
import re
import unittest

import schema

API = (schema.FOLDER.parent / "api.md").read_text()


def examples():
    """(schema's name, document) of every ```json block that is a whole object with a version."""
    found = []
    for block in re.findall(r"```json\n(.*?)```", API, re.DOTALL):
        document = json.loads(block)
        if "version" in document:
            found.append((kind_of(document), document))
    return found


def kind_of(document):
    signs = {"dry_run": "kill", "connections": "history", "command_status": "test", "advised_together": "advise",
             "as_expected": "demo", "compiler": "version"}
    return next((name for sign, name in signs.items() if sign in document), "doctor")


def objects(node, path=()):
    """Every object in a document with its path, but for evidence, which is open."""
    if isinstance(node, dict):
        yield path, node
        for name, child in node.items():
            if name != "evidence":
                yield from objects(child, path + (name,))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from objects(child, path + (index,))


def changed(document, path, change):
    copied = copy.deepcopy(document)
    node = copied
    for step in path:
        node = node[step]
    change(node)
    return copied


class Examples(unittest.TestCase):
    def test_there_are_some_of_each_kind(self):
        self.assertEqual({name for name, _ in examples()}, {"advise", "demo", "doctor", "history", "kill", "test", "version"})

    def test_all_are_valid(self):
        for name, document in examples():
            self.assertEqual(schema.complaints(name, document), [])

    def test_a_field_more_is_refused_everywhere(self):
        for name, document in examples():
            for path, _ in objects(document):
                wrong = changed(document, path, lambda node: node.update(surprise=1))
                self.assertTrue(schema.complaints(name, wrong), path)

    def test_a_field_less_is_refused_everywhere(self):
        for name, document in examples():
            for path, node in objects(document):
                for field in node:
                    wrong = changed(document, path, lambda node: node.pop(field))
                    self.assertTrue(schema.complaints(name, wrong), path + (field,))

    def test_null_is_only_taken_where_it_is_promised(self):
        may_be_null = {
            "server", "error", "audit", "finding", "server_id", "statement", "started_at",
            "state_changed_at", "transaction_started_at", "wrote", "rows_modified", "rows_locked", "tables_locked", "pid", "waiting_ms",
        }
        own = {
            "history": {"oldest", "newest", "ended_at", "report"}, "test": {"open_for_ms"}, "advise": {"usable_connections"},
            "version": {"commit", "build_type", "sanitizers"},
        }
        for name, document in examples():
            for path, node in objects(document):
                for field in set(node) - may_be_null - own.get(name, set()):
                    wrong = changed(document, path, lambda node: node.update({field: None}))
                    self.assertTrue(schema.complaints(name, wrong), path + (field,))


class Promises(unittest.TestCase):
    def setUp(self):
        self.found = next(document for name, document in examples() if name == "doctor" and document["findings"])

    def refuse(self, *path_and_value):
        *path, field, value = path_and_value
        wrong = changed(self.found, path, lambda node: node.update({field: value}))
        self.assertTrue(schema.complaints("doctor", wrong), (path, field, value))

    def test_complete_says_that_nothing_is_missing(self):
        self.refuse("complete", False)
        self.refuse("missing", [{"what": "a", "why": "b", "cure": "c"}])
        self.refuse("error", {"code": "deadline", "message": "late", "advice": ""})

    def test_values(self):
        self.refuse("version", 2)
        self.refuse("observed_at", "2026-11-22 05:02:22+00")
        self.refuse("looks", -1)
        self.refuse("findings", 0, "severity", "fatal")
        self.refuse("findings", 0, "id", "idle-transaction")
        self.refuse("findings", 0, "subjects", 0, "state", "sleeping")
        self.refuse("findings", 0, "subjects", 0, "wrote", None)

    def test_evidence_is_open_but_not_shapeless(self):
        self.refuse("findings", 0, "evidence", "oldest_idle_ms", "12 s")
        self.refuse("findings", 0, "evidence", "Title Case", 1)
        self.refuse("findings", 0, "evidence", "nested", {"a": 1})
        allowed = changed(self.found, ("findings", 0, "evidence"), lambda node: node.update(news=["a"], more_ms=15))
        self.assertEqual(schema.complaints("doctor", allowed), [])


if __name__ == "__main__":
    unittest.main()
