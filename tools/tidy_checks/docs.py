"""The pages keep up with the code: every rule has its page and is listed, every link leads somewhere."""

import posixpath
import re
from urllib.parse import unquote

from tidy_checks.cpp import line_at
from tidy_checks.tree import Finding

CATALOGUE = "src/rules/catalogue.cpp"
_ENTRY = re.compile(r'\{\s*"[a-z]+(?:-[a-z]+)+"\s*,')  # {"idle-transaction", ...} in the catalogue
_NAMED = re.compile(r"\bRuleId\s*[({][^;]*;")  # RuleId("idle-transaction"), whatever chooses between two
_ID = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')
_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_NOT_NEWLINE = re.compile(r"[^\n]")
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)? *$", re.MULTILINE)
_ANCHOR = re.compile(r"<\w+[^>]* (?:id|name)=\"([^\"]+)\"")
_LINK_TEXT = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
PAGES = "docs/rules/"
LIST = f"{PAGES}README.md"


def check_rules(tree):
    """Every rule id in src/rules has docs/rules/ID.md and is listed beside it, and every such page has its rule."""
    ids = {}
    for path in tree.cpp_files("src/rules"):
        text = tree.source(path).uncommented
        for place in (_ENTRY if path == CATALOGUE else _NAMED).finditer(text):
            for match in _ID.finditer(place[0]):
                ids.setdefault(match[1], (path, line_at(text, place.start() + match.start())))
    for rule, (path, line) in sorted(ids.items()):
        if not tree.exists(f"{PAGES}{rule}.md"):
            yield Finding(path, line, f"rule {rule} has no page", f"its reader is left alone / write {PAGES}{rule}.md")
        elif f"]({rule}.md)" not in (tree.text(LIST) or ""):
            yield Finding(path, line, f"rule {rule} is not in the list", f"its page is not found / name it in {LIST}")
    for path in tree.files:
        name = posixpath.basename(path)
        if path.startswith(PAGES) and name.endswith(".md") and name != "README.md" and name[:-3] not in ids:
            yield Finding(path, 1, "no rule has this id", "the page promises what is not there / remove or rename it")


def check_links(tree):
    """Relative links of the pages point to files, and to headings of pages, that are there."""
    anchors = {}
    for path in tree.files:
        if not path.endswith(".md"):
            continue
        text = _FENCE.sub(lambda m: _NOT_NEWLINE.sub(" ", m[0]), tree.text(path) or "")
        text = _INLINE_CODE.sub(lambda m: " " * len(m[0]), text)
        for match in _LINK.finditer(text):
            target, _, place = unquote(match[1]).partition("#")
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            line = text.count("\n", 0, match.start()) + 1
            beside = posixpath.join(posixpath.dirname(path), target)
            resolved = posixpath.normpath(beside) if target else path
            if target.startswith("/") or resolved.startswith("..") or not tree.exists(resolved):
                yield Finding(path, line, f"link to {target}", "there is no such file / mend the link")
            elif place and resolved.endswith(".md"):
                if resolved not in anchors:
                    anchors[resolved] = _places(tree.text(resolved) or "")
                if place not in anchors[resolved]:
                    what = f"link to {target}#{place}"
                    yield Finding(path, line, what, "the page has no such heading / mend the link")


def _places(text):
    """What a page can be linked to by: its headings as GitHub writes them, and what is named by hand."""
    found = set(_ANCHOR.findall(text))
    seen = {}
    for match in _HEADING.finditer(_FENCE.sub("", text)):
        words = _LINK_TEXT.sub(r"\1", match[1]).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found
