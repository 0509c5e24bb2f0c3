#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the manual pages and the completions of bash and zsh: of minhttp from tables/options.def, of minhttps with
tables/tls_options.def, of minhttp-pack and minhttps-acme from tools/pack/arguments.cc and tools/acme/arguments.cc. With --check it only says which of them is out of date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools/handbook")]

import project  # noqa: E402
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


def manual_head(program, of, source):
    return ['.\\" SPDX-License-Identifier: MIT', f'.\\" Made by tools/gen/options.py from {source}.',
            f'.TH {program.upper()} 1 "" "{of} {project.version()}" "User Commands"']


def manual(program="minhttp"):
    lines = [
        *manual_head(program, program, "tables/options.def"),
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


def tool_options(tool):
    """(flags, value's name, help) of each option of minhttp-pack or minhttps-acme, as its own source has them."""
    text = (ROOT / f"tools/{tool}/arguments.cc").read_text()
    for statement in re.findall(r"app\.(add_option\(.*?|add_flag\(.*?|set_version_flag\(.*?);\n", text, re.S):
        literals = re.findall(r'"((?:[^"\\]|\\.)*)"', statement)
        value = re.search(r'->type_name\("(\w*)"\)', statement)
        if literals[0].startswith("-"):
            said = "print the version" if statement.startswith("set_version") else literals[1]
            yield literals[0].split(","), value[1] if value else "", said
    yield ["-h", "--help"], "", "print all options"


def packer_manual():
    lines = [
        *manual_head("minhttp-pack", "minhttp", "tools/pack/arguments.cc"),
        ".SH NAME", "minhttp-pack \\- makes one executable of a web server and a site",
        ".SH SYNOPSIS", ".B minhttp\\-pack", ".I DIR", ".B \\-o", ".I FILE", ".RI [ options ]", ".br",
        ".B minhttp\\-pack \\-\\-siblings", ".I DIR", ".br", ".B minhttp\\-pack \\-\\-list", ".IR FILE ,",
        ".B \\-\\-verify", ".I FILE", "or", ".B \\-\\-extract", ".I FILE", ".B \\-C", ".I DIR",
        ".SH DESCRIPTION",
        "Lays the site", ".I DIR", "into a copy of", ".BR minhttp (1),", "compressed with brotli, Zstandard and gzip where that saves.",
        "The result,", ".IR FILE ,", "serves it wherever Linux runs, and opens no file for that.",
        "Which files the site has, and what its", ".I _headers", "and", ".I _redirects", "mean, is as if", ".BI minhttp\\  DIR", "served it.",
        ".SH OPTIONS",
    ]
    for flags, value, text in tool_options("pack"):
        shown = roff(", ".join(flags) + (f" {value}" if value else ""))
        lines += [".TP", f".B {shown}", roff(text[0].upper() + text[1:] + ".")]
    lines += [
        ".SH EXIT STATUS", ".TP", "0", "Done.", ".TP", "1", "Something is wrong with the files; nothing was written.",
        ".TP", "2", "Wrong usage.",
        ".SH ENVIRONMENT", ".TP", ".B XDG_CACHE_HOME", "Where the directory of", ".B \\-\\-cache", "lies; else ~/.cache.",
        ".TP", ".B PATH", "Where minhttp is looked for, if it does not lie beside this program.",
        ".SH SEE ALSO", ".BR minhttp (1);", "the handbook, docs/packs.md in the source.",
    ]
    return "\n".join(lines) + "\n"


def acme_manual():
    lines = [
        *manual_head("minhttps-acme", "minhttp", "tools/acme/arguments.cc"),
        ".SH NAME", "minhttps\\-acme \\- gets and renews certificates for minhttps",
        ".SH SYNOPSIS", ".B minhttps\\-acme \\-\\-domain", ".I NAME", ".B \\-\\-webroot", ".I DIR", ".B \\-\\-state", ".I DIR",
        ".B \\-\\-agree\\-to\\-terms", ".RI [ options ]",
        ".SH DESCRIPTION",
        "Asks an authority, as Let's Encrypt, for a certificate by ACME (RFC 8555). The authority sees by HTTP\\-01 that the host is served from here:",
        "it asks port 80 for a file that lies in", ".I .well\\-known/acme\\-challenge", "of", ".BR \\-\\-webroot .",
        "The certificate and its key are", ".I fullchain.pem", "and", ".I privkey.pem", "in a directory of", ".BR \\-\\-state ,",
        "which", ".BR minhttps (1)", "takes by", ".BR \\-\\-cert ;", "it notices a new one within a minute.",
        ".PP",
        "One run looks whether there is a certificate with these names, and whether it has to be renewed: when a third of its life is left, or when the",
        "authority suggests it (RFC 9773). If not, it asks for nothing. Let a timer start it twice a day:", ".B minhttps\\-acme.timer", "does.",
        "Whatever fails, the certificate that was there stays there. After a failure the authority is left alone for a minute, then two, up to 20 hours,",
        "or for as long as it says.",
        ".SH OPTIONS",
    ]
    for flags, value, text in tool_options("acme"):
        shown = roff(", ".join(flags) + (f" {value}" if value else ""))
        lines += [".TP", f".B {shown}", roff(text[0].upper() + text[1:] + ".")]
    lines += [
        ".SH EXIT STATUS", ".TP", "0", "There is a certificate, and it need not be renewed yet.",
        ".TP", "1", "Something has to be mended, as the message says: the name leads elsewhere, the clock is wrong, the disk is full.",
        ".TP", "2", "Wrong usage, or the terms of service were not agreed to.",
        ".TP", "75", "The authority cannot be reached, has failed, or wants not to be asked now; a later run may succeed.",
        ".SH FILES", ".TP", ".I /etc/minhttps\\-acme.conf", "Options of minhttps\\-acme.service.",
        ".TP", ".I /var/lib/minhttps\\-acme", "Its state.",
        ".SH SEE ALSO", ".BR minhttps (1);", "the handbook, docs/tls.md in the source.",
    ]
    return "\n".join(lines) + "\n"


# Of each tool: its name, what its arguments without a flag complete to, and zsh's words for that.
TOOLS = {"pack": ("minhttp-pack", "-d", "  '1:directory:_files -/'\n"), "acme": ("minhttps-acme", "", "")}


def tool_bash(tool):
    program, bare, _ = TOOLS[tool]
    rows_ = list(tool_options(tool))
    words = " ".join(sorted(flag for flags, *_ in rows_ for flag in flags if flag.startswith("--")))
    takes = {kind: "|".join(flag for flags, value, _ in rows_ for flag in flags if value == kind) for kind in ("FILE", "DIR")}
    plain = "|".join(flag for flags, value, _ in rows_ for flag in flags if value not in ("", "FILE", "DIR"))
    others = f'\n    *) compopt -o filenames; COMPREPLY=($(compgen {bare} -- "$word")) ;;' if bare else ""
    function = "_" + program.replace("-", "_")
    return f"""# SPDX-License-Identifier: MIT
# Made by tools/gen/options.py from tools/{tool}/arguments.cc.
{function}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  COMPREPLY=()
  case $before in
    {takes["FILE"]}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    {takes["DIR"]}) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
    {plain}) return ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "{words}" -- "$word")) ;;{others}
  esac
}}
complete -F {function} {program}
"""


def tool_zsh(tool):
    program, _, bare = TOOLS[tool]
    lines = []
    for flags, value, text in tool_options(tool):
        text = re.sub(r"([\[\]:])", r"\\\1", text).replace("'", "’")
        action = {"": "", "FILE": ":file:_files", "DIR": ":directory:_files -/"}.get(value, ":value: ")
        many = "*" if value == "NAME" else ""
        lines += [f"  '{many}{flag}[{text}]{action}' \\" for flag in flags]
    body = "\n".join(lines) if bare else "\n".join(lines).removesuffix(" \\")
    return f"""#compdef {program}
# SPDX-License-Identifier: MIT
# Made by tools/gen/options.py from tools/{tool}/arguments.cc.
_arguments -S \\
{body}
{bare}"""


MADE = {"share/man/man1/minhttp-pack.1": packer_manual, "share/man/man1/minhttps-acme.1": acme_manual,
        **{f"share/bash-completion/completions/{TOOLS[tool][0]}": lambda tool=tool: tool_bash(tool) for tool in TOOLS},
        **{f"share/zsh/site-functions/_{TOOLS[tool][0]}": lambda tool=tool: tool_zsh(tool) for tool in TOOLS},
        "share/man/man1/minhttp.1": manual, "share/bash-completion/completions/minhttp": bash,
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
