"""Files and functions stay readable in one go."""

from tidy_checks.tree import Finding

FILE_LIMIT = 600
FILE_LOOK = 400
FUNCTION_LIMIT = 70
SUFFIXES = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".ts", ".tsx", ".css", ".html", ".java", ".js", ".mjs")


def check_sizes(tree):
    """Files of at most 600 lines (from 400 a note), functions of at most 70."""
    for path in tree.files:
        if path.endswith(SUFFIXES) or (is_script(tree, path)):
            yield from _file_size(path, (tree.text(path) or "").count("\n"))
    for path in tree.cpp_files():
        for function in tree.source(path).functions:
            if function.lines > FUNCTION_LIMIT:
                what = f"{function.name} has {function.lines} lines"
                yield Finding(path, function.first_line, what, f"more than {FUNCTION_LIMIT} / name its steps as functions")


def _file_size(path, lines):
    if lines > FILE_LIMIT:
        yield Finding(path, 1, f"{lines} lines", f"more than {FILE_LIMIT} / find the two things in it")
    elif lines > FILE_LOOK:
        yield Finding(path, 1, f"{lines} lines", f"more than {FILE_LOOK} / is it one thing?", note=True)


def is_script(tree, path):
    """A file without a suffix that begins with #!."""
    name = path.rsplit("/", 1)[-1]
    return "." not in name and (tree.text(path) or "").startswith("#!")
