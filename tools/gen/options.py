#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the manual pages and the completions of bash and zsh, from tables/options.def, and those of minhttps with
tables/tls_options.def. With --check it only says which of them is out of date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/handbook"))

from tables import duration, limits, number, rows, unquoted  # noqa: E402

SHORT = {"--port": "-p", "--listen": "-l", "--help": "-h", "--version": "-V"}
FILES = {"--config", "--log-file", "--hosts", "--previous", "--auth", "--cert", "--key", "--client-ca"}


def all_rows(program):
    """Those of TLS come where options.def includes them: before the options of serving."""
    for macro, words in rows("options.def", r"[A-Z]+"):
        if program == "minhttps" and macro == "GROUP" and unquoted(words[0]) == "Serving":
            yield from rows("tls_options.def", r"[A-Z]+")
        yield macro, words


def options(program):
    """(group, name, value's name, help, default) of each row; the value is empty for a switch."""
    known = {name: value for name, (value, _) in limits().items()}
    group = ""
    for macro, words in all_rows(program):
        if macro == "GROUP":
            group = unquoted(words[0])
            continue
        if macro == "SWITCH":
            yield group, unquoted(words[1]), "", unquoted(words[2]), ""
        elif macro == "CHOICE":
            value, name, text = map(unquoted, words[2:])
            yield group, name, value, text, value.split("|")[int(words[1])]
        else:
            name, value, text = map(unquoted, words[-3:])
            default = ""
            if macro in ("NUMBER", "DURATION"):
                default = str(number(words[1], known))
                if macro == "DURATION":
                    default = duration(int(default))
            yield group, name, value, text, default


def roff(text):
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e").replace("-", "\\-"), flags=re.M)


def manual(program="minhttp"):
    version = re.search(r"^project\(minhttp VERSION (\S+) ", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
    lines = [
        '.\\" SPDX-License-Identifier: MIT',
        '.\\" Made by tools/gen/options.py from tables/options.def.',
        f'.TH {program.upper()} 1 "" "{program} {version}" "User Commands"',
        ".SH NAME", f"{program} \\- web server for static sites, "
        + ("with https" if program == "minhttps" else "on system calls alone"),
        ".SH SYNOPSIS", f".B {program}", ".RI [ DIR ]", ".RI [ options ]", ".br", f".B {program} check",
        ".I DIR", ".RB [ \\-\\-explain", ".IR /path ]", ".RB [ \\-\\-settings ]", ".RI [ options ]",
        ".SH DESCRIPTION",
        "Serves the directory", ".IR DIR ,", "with its", ".I _headers", "and", ".IR _redirects .",
        "Without a directory it is the exercise that it grew out of, and answers every request with a greeting.",
        ".PP", f".B {program} check", "prints what is wrong with a site and exits with 1 if anything is;",
        ".BI \\-\\-explain\\  /path", "prints the answer to a request, and why;", ".B \\-\\-settings",
        "prints each setting that is not the default, and where it comes from.",
        ".SH OPTIONS",
        "Each option is also an environment variable and a line of the file of", ".BR \\-\\-config :",
        ".BR \"\\-\\-idle\\-ms 90s\" ,", ".BR MINHTTP_IDLE_MS=90s ,", ".BR \"idle\\-ms 90s\" .",
        "A flag wins over a variable, and that over the file.",
        ".I DIR", "is", ".B MINHTTP_ROOT", "and", ".BR root .",
        "Without a port,", ".B PORT", "is heard.",
    ]
    group = None
    for title, name, value, text, default in options(program):
        if title != group:
            group = title
            lines.append(f".SS {roff(title)}")
        short = f"{roff(SHORT[name])}, " if name in SHORT else ""
        shown = value if name == "--root" else f"{name} {value}".strip()
        lines += [".TP", f".B {short}{roff(shown)}", roff(text[0].upper() + text[1:] + "." + (f" Default: {default}." if default else ""))]
    lines += [
        ".SS Others", ".TP", ".B \\-h, \\-\\-help", "Prints all options.", ".TP", ".B \\-V, \\-\\-version", "Prints the version.",
        ".SH SIGNALS",
        ".TP", ".B SIGTERM, SIGINT, SIGQUIT", "End: responses under way are finished first.",
        ".TP", ".B SIGHUP", "Reads the site's rules and the passwords anew.",
        ".TP", ".B SIGUSR1", "Opens the log file again.",
        ".TP", ".B SIGUSR2", "With", ".BR \\-\\-upgrade ,", "another server takes over.",
        ".SH EXIT STATUS", ".TP", "0", "Ended by a signal; or", ".B check", "found no mistake.",
        ".TP", "1", "A system call failed at the start, or a file has a mistake.",
        ".TP", "2", "Wrong usage.",
        ".SH ENVIRONMENT", ".TP", ".B MINHTTP_*", "Settings, see above.", ".TP", ".B PORT", "The port, if no other is given.",
        ".TP", ".B NO_COLOR", "If not empty, lines on a terminal have no colour.",
        ".TP", ".B LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES, NOTIFY_SOCKET, WATCHDOG_USEC",
        "The interfaces of", ".BR sd_listen_fds (3)", "and", ".BR sd_notify (3).",
        ".SH SEE ALSO", "The handbook, docs/start.md in the source.",
    ]
    return "\n".join(lines) + "\n"


def bash(program="minhttp"):
    rows_ = list(options(program))
    words = " ".join(sorted([name for _, name, *_ in rows_ if name != "--root"] + ["--help", "--version", "--explain", "--settings"]))
    cases = "\n".join(f'    {name}) COMPREPLY=($(compgen -W "{value.replace("|", " ")}" -- "$word")); return ;;'
                      for _, name, value, _, _ in rows_ if "|" in value)
    files = "|".join(sorted(FILES & {name for _, name, *_ in rows_}))
    plain = "|".join(sorted([name for _, name, value, *_ in rows_ if value and "|" not in value and name not in FILES and name != "--root"]
                            + ["-p", "-l", "--explain"]))
    return f"""# SPDX-License-Identifier: MIT
# Made by tools/gen/options.py from tables/options.def.
_{program}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  COMPREPLY=()
  case $before in
{cases}
    {files}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    {plain}) return ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "{words}" -- "$word")) ;;
    *)
      compopt -o filenames
      COMPREPLY=($(compgen -d -- "$word"))
      [ "$COMP_CWORD" -eq 1 ] && COMPREPLY+=($(compgen -W check -- "$word"))
      ;;
  esac
}}
complete -F _{program} {program}
"""


def zsh(program="minhttp"):
    lines = []
    for _, name, value, text, _ in options(program):
        if name == "--root":
            continue
        text = re.sub(r"([\[\]:'])", r"\\\1", text).replace("\\'", "’")
        action = "" if not value else f":value:({value.replace('|', ' ')})" if "|" in value else \
            ":file:_files" if name in FILES else ":value: "
        lines.append(f"  '*{name}[{text}]{action}' \\")
    body = "\n".join(lines)
    return f"""#compdef {program}
# SPDX-License-Identifier: MIT
# Made by tools/gen/options.py from tables/options.def.
_arguments -S \\
{body}
  '(- *)'{{-h,--help}}'[print all options]' \\
  '(- *)'{{-V,--version}}'[print the version]' \\
  '1:directory, or check:_files -/' \\
  '2:directory:_files -/'
"""


MADE = {"share/man/man1/minhttp.1": manual, "share/bash-completion/completions/minhttp": bash,
        "share/zsh/site-functions/_minhttp": zsh,
        "share/man/man1/minhttps.1": lambda: manual("minhttps"),
        "share/bash-completion/completions/minhttps": lambda: bash("minhttps"),
        "share/zsh/site-functions/_minhttps": lambda: zsh("minhttps")}


def main():
    stale = [name for name, make in MADE.items() if not (ROOT / name).exists() or (ROOT / name).read_text() != make()]
    if "--check" in sys.argv:
        for name in stale:
            print(f"{name} is out of date: run tools/gen/options.py")
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(MADE[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
