#!/usr/bin/python3
"""Names the public classes and enums that Doxygen's XML has no word about: neither of them nor of any of their members.

Private and nested ones count as their class's business, specialisations as their template's."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CLASSES = ("class", "struct", "concept", "union")


def text_of(node):
    parts = (node.find(name) for name in ("briefdescription", "detaileddescription"))
    return "".join("".join(part.itertext()) for part in parts if part is not None).strip()


def is_told(node, members):
    return bool(text_of(node)) or any(text_of(member) for member in node.iter(members))


def undocumented(folder):
    for path in sorted(Path(folder).glob("*.xml")):
        compound = ElementTree.parse(path).getroot().find("compounddef")
        if compound is None:
            continue
        name = compound.findtext("compoundname", "")
        if compound.get("kind") in CLASSES and name.count("::") == 1 and "<" not in name:
            if not is_told(compound, "memberdef"):
                yield compound.find("location"), name
        if name == "lockkeeper":
            for member in compound.iter("memberdef"):
                if member.get("kind") == "enum" and not is_told(member, "enumvalue"):
                    yield member.find("location"), f"{name}::{member.findtext('name')}"


def main(folder):
    found = list(undocumented(folder))
    for place, name in found:
        print(f"include/{place.get('file')}:{place.get('line')}: {name} has no comment: say what it is for (/// ...)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
