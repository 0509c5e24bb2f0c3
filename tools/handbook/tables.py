# SPDX-License-Identifier: MIT
"""What the tables and the source say, as rows of Markdown, where a page has `<!-- handbook: NAME -->`."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRING = r'"((?:\\.|[^"\\])*)"'


def rows(name, macros):
    """The rows of a table: the macro and its arguments, as they are written."""
    text = (ROOT / "tables" / name).read_text()
    for macro, arguments in re.findall(rf"^({macros})\((.*)\)$", text, re.M):
        yield macro, [word.strip() for word in re.findall(r'(?:"(?:\\.|[^"\\])*"|[^,"])+', arguments)]


def unquoted(word):
    return re.fullmatch(STRING, word)[1].replace('\\"', '"')


def number(expression, known):
    """The value of a constant expression of C++."""
    plain = re.sub(r"(?<=\d)'(?=\d)|(?<=\d)(?:U?LL|UL?|L)\b|limits::", "", expression)
    return eval(plain.replace("UINT32_MAX", str(2**32 - 1)).replace("INT64_MAX", str(2**63 - 1)).replace("/", "//"), {}, known)


def limits():
    """name: (value, what the comment says)"""
    found, values = {}, {}
    pattern = r"^constexpr \w+ (\w+) = (.+?);(?: *// (.*))?$"
    for name, expression, comment in re.findall(pattern, (ROOT / "tables/limits.h").read_text(), re.M):
        values[name] = number(expression, values)
        found[name] = values[name], comment
    return found


def table(head, body):
    """Cells are Markdown; a bar in them is data."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def limits_table():
    return table(["name", "value", "comment"],
                 [[f"`{name}`", str(value), comment] for name, (value, comment) in limits().items()])


def duration(milliseconds):
    """As --help writes it."""
    return f"{milliseconds // 1000}s" if milliseconds and milliseconds % 1000 == 0 else f"{milliseconds}ms"


def option(macro, words, known):
    """Cells: the option with its value's name, what it does, its default, what it takes."""
    standard = takes = ""
    if macro == "SWITCH":
        name, value, text = unquoted(words[1]), "", unquoted(words[2])
    elif macro == "CHOICE":
        value, name, text = map(unquoted, words[2:])
        standard = value.split("|")[int(words[1])]
    else:
        name, value, text = map(unquoted, words[-3:])
        if macro == "DURATION":
            standard, least, most = (duration(number(word, known)) for word in words[1:4])
            takes = f"{least} to {most}"
        elif macro == "NUMBER":
            standard, least, most = (str(number(word, known)) for word in words[1:4])
            takes = f"{least} to {most}"
        elif macro == "TEXT":
            takes = f"up to {number(words[1], known)} bytes"
        elif macro == "TEXTS":
            takes = f"up to {number(words[1], known)} times, {number(words[2], known)} bytes"
    called = value if macro == "ROOT" else f"{name} {value}".strip()
    return [f"`{called}`", text, standard and f"`{standard}`", takes]


def options_table():
    known = {name: value for name, (value, _) in limits().items()}
    parts, body = [], []
    for macro, words in rows("options.def", r"[A-Z]+"):
        if macro == "GROUP":
            body = []
            parts.append((unquoted(words[0]), body))
        else:
            body.append(option(macro, words, known))
    return "\n".join(f"## {title}\n\n{table(['option', 'what it does', 'default', 'takes'], body)}" for title, body in parts)


def errors_table():
    return table(["words", "error"], [[unquoted(words), f"`{name}`"] for _, (name, words) in rows("errno.def", "ERRNO")])


def statement_text(code):
    """What the statement writes that begins at this string: its texts, with an ellipsis for a value, and for what may follow."""
    text, before = "", ""
    for string, end, rest in re.findall(rf"{STRING}|(;)|([^\";]+)", code):
        if end:
            return text.partition("\\n")[0]
        if rest:
            before = rest.strip()
            value = re.sub(r"<<|\.text\(|\)|\.byte\('\\n'\)|\s", "", rest)
        else:
            value = re.search(r"[?:]$", before)  # one of two texts
        text += "…" if value and not text.endswith("…") else "" if rest or value else string.replace('\\"', '"')


def messages():
    """text: the file that writes it. What several statements write ends with an ellipsis. docs/messages.md explains each."""
    found = {}
    for path in sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in (".cc", ".h")):
        code = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M)
        # What a setting is called where it comes from: as an option, or a value where the name is one.
        code = re.sub(r'\bsetting\(config_?, ("--[a-z-]+")sv[^()]*\)', r"\1", code)
        code = re.sub(r"\bsetting\((?:[^()]|\([^()]*\))*\)", "name", code)
        code = re.sub(r'" MINHTTP_NAME "', "minhttp", code)
        code = re.sub(r'\bMINHTTP_NAME "', '"minhttp', code)
        code = re.sub(r'\bnamed_message(\(\w+\)\s*<<\s*)"', r'Message\1"minhttp: ', code)
        code = re.sub(r'\bnamed_message(\(\w+\)\s*<<)', r'Message\1 "minhttp: " <<', code)
        code = re.sub(r'\bMessage (\w+) = named_message\(\w+\);\s*((?:[^;<{}]*;\s*)?)\1 << ', r'\2\1 << "minhttp: " << ', code)
        code = re.sub(r'\bMessage (\w+) = named_message\(\w+\);(\s*if [^{;]*\{\s*)\1 << ([^;]*;\s*\} else \{\s*)\1 << ',
                      r'\2\1 << "minhttp: " << \3\1 << "minhttp: " << ', code)
        for match in re.finditer(r'([^;{}"]*)("minhttp: (?:\\.|[^"\\])*"(?:"(?:\\.|[^"\\])*"|[^";])*;)', code):
            text = statement_text(match[2])
            if not re.search(r"[a-z]", text.removeprefix("minhttp: ")):
                continue  # nothing but values
            whole = re.search(r"\bMessage\(", match[1]) or r"'\n'" in match[2] or text.endswith("…")
            found.setdefault(text + ("" if whole else "…"), path.relative_to(ROOT).as_posix())
    return found


TABLES = {"limits": limits_table, "options": options_table, "errors": errors_table}
