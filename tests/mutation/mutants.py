# SPDX-License-Identifier: MIT
"""Where the source can be broken, and how: one small slip each, as an editor makes them."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("http", "h1", "h2", "rules", "site", "auth", "serve", "conn")


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    slip: str
    before: str
    after: str

    @property
    def function(self):
        """The function around the line; "" outside of functions."""
        return function_at((ROOT / self.path).read_text().splitlines(), self.line)

    def __str__(self):
        return f"{self.path}:{self.line} {self.slip}: `{self.before.strip()}` becomes `{self.after.strip() or ';'}`"


HEAD = re.compile(r"(?:  )?(?!namespace|struct|class|enum|using|return|else|if\b|for\b|while\b|switch\b|[}/#])"
                  r"[\w:<>&*\[\], ]*?\b([\w:~]+)\(.*\)[^;]*\{")


def function_at(lines, number):
    """clang-format leaves the head of a function at the margin, or two steps from it in a class."""
    return next((match[1] for line in reversed(lines[:number]) if (match := HEAD.match(line))), "")


def turned(pairs):
    """A pattern that finds any of the words, and what each of them becomes."""
    both = dict(pairs)
    return re.compile("|".join(re.escape(word) for word in sorted(both, key=len, reverse=True))), both


COMPARISONS = turned([(" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" == ", " != "),
                      (" != ", " == ")])
LOGIC = turned([(" && ", " || "), (" || ", " && ")])
CONSTANTS = turned([("return true;", "return false;"), ("return false;", "return true;"), ("= true;", "= false;"),
                    ("= false;", "= true;"), ("break;", ";"), ("continue;", ";"), ("return;", ";")])
STATUSES = ("bad_request", "not_found", "forbidden", "uri_too_long", "internal_server_error", "ok")
STATEMENT = re.compile(r"^\s+(?!return\b|break\b|continue\b|using\b|goto\b|CHECK\b)[a-z_][\w.\->\[\]:]*"
                       r"(\([^;{}]*\)| [-+|]?= [^;{}]*|\+\+|--);$")
BOUND = re.compile(r"(?<=[(] )?\b[\w.\->()]+ (?:<|<=|>|>=|==|!=) [\w.\->():]+ && ")


def replaced(pattern, table):
    def slips(line):
        for match in pattern.finditer(line):
            yield line[:match.start()] + table[match[0]] + line[match.end():]
    return slips


def negated(line):
    match = re.match(r"(\s*(?:\} else )?(?:if|while) )\((.*)\)( \{| return.*;| continue;| break;)$", line)
    if match and ";" not in match[2] and "constexpr" not in match[1]:
        yield f"{match[1]}(!({match[2]})){match[3]}"


def without_bound(line):
    for match in BOUND.finditer(line):
        if match[0].count("(") == match[0].count(")"):
            yield line[:match.start()] + line[match.end():]


def off_by_one(line):
    for match in re.finditer(r" [+-] 1\b(?![.U])", line):
        yield line[:match.start()] + line[match.end():]
    for match in re.finditer(r"(?<=[=<>,(+-] )(\d+)\b(?![.'xU])", line):
        yield line[:match.start()] + str(int(match[0]) + 1) + line[match.end():]


def other_error(line):
    for match in re.finditer(r"\b(Status|Errno)::(\w+)", line):
        if match[1] == "Errno":
            if match[2] == "none":
                continue
            yield line[:match.start()] + ("Errno::EINTR_" if match[2] == "EIO_" else "Errno::EIO_") + line[match.end():]
        else:
            other = STATUSES[(STATUSES.index(match[2]) + 1) % len(STATUSES)] if match[2] in STATUSES else STATUSES[0]
            yield line[:match.start()] + "Status::" + other + line[match.end():]


def without_statement(line):
    if STATEMENT.match(line):
        yield ""


SLIPS = {
    "comparison": replaced(*COMPARISONS),
    "and/or": replaced(*LOGIC),
    "constant": replaced(*CONSTANTS),
    "negated": negated,
    "bound": without_bound,
    "one off": off_by_one,
    "other error": other_error,
    "no statement": without_statement,
}

# What says something to compilers or to readers only, or is only there to find our own bugs.
NOT_CODE = re.compile(r"^\s*(//|#|template\b|using\b|namespace\b|case\b.*:$|default: break;)"
                      r"|static_assert|CHECK\(|operator")


def lines_of(path):
    """Number and code of each line that may be broken; string literals must not change."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not NOT_CODE.search(line):
            yield number, line


def all_mutants(rooms, suffixes):
    """Every mutant by slip, in the order of the source."""
    found = {slip: [] for slip in SLIPS}
    for room in rooms:
        for path in sorted(path for path in (ROOT / "src" / room).iterdir() if path.suffix in suffixes):
            for number, line in lines_of(path):
                code, remark = re.match(r"(.*?)(\s*//.*)?$", line).groups()
                if '"' in code and "//" in code:  # of a text, not of a remark
                    continue
                for slip, break_line in SLIPS.items():
                    for after in break_line(code):
                        if re.findall(r'"[^"]*"', code) == re.findall(r'"[^"]*"', after) or after == "":
                            name = str(path.relative_to(ROOT))
                            found[slip].append(Mutant(name, number, slip, line, after and after + (remark or "")))
    return found


def draw(seed, rooms, suffixes):
    """All of them in an order that the seed decides: the kinds take turns, so do the rooms; a line once."""
    dice = random.Random(seed)
    queues = []
    for slip, mutants in all_mutants(rooms, suffixes).items():
        for room in rooms:
            queue = [mutant for mutant in mutants if mutant.path.startswith(f"src/{room}/")]
            dice.shuffle(queue)
            queues.append(queue)
    dice.shuffle(queues)
    seen = set()
    while any(queues):
        for queue in queues:
            while queue:
                mutant = queue.pop()
                if (mutant.path, mutant.line) not in seen:
                    seen.add((mutant.path, mutant.line))
                    yield mutant
                    break
