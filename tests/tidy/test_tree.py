# SPDX-License-Identifier: MIT
"""The written law of the source tree (ARCHITECTURE.md, STYLE.md), as tests."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ["tables", "base", "crypto", "gzip", "arch", "sys", "rt", "log", "http", "metrics", "h1", "h2", "rules", "site", "auth", "serve", "conn", "tls", "loop", "guard", "app"]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
STANDARD_HEADERS = {"cstddef", "cstdint", "span", "array", "string_view", "optional", "bit", "utility",
                    "type_traits", "concepts", "limits", "new"}
LIBRARY_HEADERS = re.compile(r"openssl/[a-z0-9_]+\.h")  # of src/tls/ only
KERNEL_HEADERS = re.compile(r"(asm|linux)/[a-z0-9_]+\.h")


def sources(*folders, suffixes=(".cc", ".h", ".S", ".def", ".ld")):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*")
                  if path.suffix in suffixes and "node_modules" not in path.parts)


def code(path):
    """The text without comments and string contents."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.S)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def includes(path):
    return re.findall(r'^\s*#include ["<]([^">]+)[">]', path.read_text(), flags=re.M)


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" else parts[0]


def test_includes_point_leftwards():
    wrong = []
    for path in sources("src", "tables"):
        for name in includes(path):
            target = "arch" if name == "trap.h" else name.split("/")[0]
            if target in ROOMS and ROOMS.index(target) > ROOMS.index(room_of(path)):
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert not wrong


def test_pure_rooms_make_no_system_call():
    pure = ["src/" + room for room in ("base", "crypto", "gzip", "http", "metrics", "h1", "h2", "rules")]
    assert not [path for path in sources(*pure) for name in includes(path) if name.startswith(("sys/", "arch/"))]


def test_only_the_allowed_standard_headers():
    wrong = []
    for path in sources("src", "tables"):
        for name in includes(path):
            ours = name == "trap.h" or (ROOT / "src" / name).exists() or (ROOT / name).exists()
            if room_of(path) == "tls" and path.suffix == ".cc" and LIBRARY_HEADERS.fullmatch(name):
                continue
            if not ours and name not in STANDARD_HEADERS and not KERNEL_HEADERS.fullmatch(name):
                wrong.append(f"{path.relative_to(ROOT)} includes <{name}>")
    assert not wrong


def test_assembly_only_in_arch():
    assert not [path for path in sources("src", suffixes=(".cc", ".h"))
                if room_of(path) != "arch" and re.search(r"\b(asm|__asm__)\b(?!/)", code(path).replace("#include", ""))]


def test_only_loops_receive_send_and_accept():
    """And tls/, for them."""
    pattern = re.compile(r"\bsys::(recv|send|sendfile|accept4|shutdown)\(")
    assert not [path for path in sources("src") if room_of(path) not in ("loop", "tls") and pattern.search(code(path))]


def test_every_call_goes_through_the_one_door():
    traps = [path for path in sources("src") if re.search(r"\barch::trap\(", code(path))]
    assert traps == [ROOT / "src/sys/call.h"]


def test_every_declared_call_is_used():
    declared = re.findall(r"^CALL\((\w+),", (ROOT / "tables/calls.def").read_text(), flags=re.M)
    used = " ".join(code(path) for path in sources("src"))
    assert [name for name in declared if f"Call::{name}" not in used] == []


def test_every_declared_limit_is_used():
    declared = re.findall(r"^constexpr \w+ (\w+) =", (ROOT / "tables/limits.h").read_text(), flags=re.M)
    text = (ROOT / "tables/limits.h").read_text()
    used = " ".join(path.read_text() for path in sources("src", "tables") if path.name != "limits.h")
    unused = [name for name in declared
              if not re.search(rf"limits::{name}\b", used) and len(re.findall(rf"\b{name}\b", text)) < 2]
    assert unused == []


def test_every_source_names_its_licence():
    """In its first line, or below #!."""
    suffixes = (".cc", ".h", ".S", ".def", ".py", ".sh", ".cmake")
    wrong = [path for path in sources("src", "tables", "tests", "bench", "tools", "cmake", suffixes=suffixes)
             if not {"real", "corpus"} & set(path.parts)
             and "SPDX-License-Identifier: MIT" not in "\n".join(path.read_text().split("\n")[:2])]
    assert not wrong


def test_files_stay_small():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines())
            for path in sources("src", "tables", "tests", "bench", suffixes=(".cc", ".h", ".py", ".S"))}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES_MAX} == {}


def test_functions_stay_small():
    """From the line of its head to that of its closing brace, which clang-format puts at the head's indentation."""
    no_function = re.compile(r" *(namespace|struct|class|enum|union|(\} )?else|if|for|while|switch|do)\b")
    head_end = re.compile(r".*\) ?(const )?(noexcept )?(-> .*)?(: .*)?\{$")
    long = []
    for path in sources("src", suffixes=(".cc", ".h")):
        begins = {}  # by indentation
        opened = None  # the line whose parenthesis is still open
        for number, line in enumerate(path.read_text().splitlines(), 1):
            indentation = len(line) - len(line.lstrip())
            more = line.count("(") - line.count(")")
            begin = opened if opened and more < 0 else (indentation, number, line)
            if more > 0 and not opened:
                opened = (indentation, number, line)
            elif more < 0:
                opened = None
            if head_end.match(line) and not no_function.match(begin[2]):
                begins[begin[0]] = begin[1]
            elif re.match(r" *\}", line):
                lines = number - begins.pop(indentation, number) + 1
                if lines > FUNCTION_LINES_MAX:
                    long.append(f"{path.relative_to(ROOT)}:{number - lines + 1} has {lines} lines")
    assert long == []


def test_no_guarded_or_destroyed_statics_and_no_virtuals():
    pattern = re.compile(r"^\s*(virtual\b|static (?!constexpr|constinit|inline|_assert)[\w:<>]+ \w+( =|;|\{))", re.M)
    assert not [f"{path.name}: {match[0].strip()}" for path in sources("src", suffixes=(".cc", ".h"))
                for match in pattern.finditer(code(path))]


def test_no_rooms_for_everything():
    forbidden = re.compile(r"(utils?|common|helpers?|manager|misc)\.")
    assert not [path for path in sources("src", "tests", "tables") if forbidden.match(path.name)]


def test_the_page_lists_the_calls():
    result = subprocess.run([ROOT / "tools/gen/calls.py", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_page_of_statuses_lists_the_reasons():
    rows = re.findall(r'^REFUSAL\(\w+, (\w+), "([a-z-]+)"\)', (ROOT / "tables/refusals.def").read_text(), re.M)
    codes = dict(re.findall(r"^STATUS\((\d+), (\w+)", (ROOT / "tables/status.def").read_text(), re.M))
    codes = {name: code for code, name in codes.items()}
    page = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", (ROOT / "docs/statuses.md").read_text(), re.M)
    assert page == [(text, codes[status]) for status, text in rows]


def test_the_manual_and_the_completions_have_the_options():
    result = subprocess.run([ROOT / "tools/gen/options.py", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_formatted():
    files = [str(path) for path in sources("src", "tests", "bench", suffixes=(".cc", ".h"))]
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[:4000]


def test_cppcheck():
    result = subprocess.run(["cppcheck", "--std=c++20", "--enable=warning,performance,portability", "--quiet", "--error-exitcode=1",
                             "-I.", "-Isrc", "-Isrc/arch/x86_64", "-D__x86_64__", "--suppress=missingInclude",
                             "--suppress=missingIncludeSystem", "--suppressions-list=tests/tidy/cppcheck.txt", "src"],
                            cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
