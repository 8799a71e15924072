"""The JSON schemas of docs/api, as validators. `schema.py doctor|history|http|kill FILE` validates each line of a
file; those of http are answers under their names: {"status": {...}}."""

import functools
import json
import pathlib
import sys

import jsonschema

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "api"


@functools.cache
def validator(name):
    path = FOLDER / f"{name}.schema.json"
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def complaints(name, document):
    return [
        f"{'/'.join(str(step) for step in error.absolute_path) or '(top)'}: {error.message[:300]}"
        for error in validator(name).iter_errors(document)
    ]


def main():
    name, file = sys.argv[1:]
    wrong = 0
    lines = pathlib.Path(file).read_text().splitlines()
    for number, line in enumerate(lines, start=1):
        for complaint in complaints(name, json.loads(line)):
            print(f"line {number}: {complaint}\n  {line[:400]}")
            wrong += 1
    print(f"{len(lines)} documents, {wrong} complaints")
    return 1 if wrong or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
