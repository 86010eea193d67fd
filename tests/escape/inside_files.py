"""Attempts on files: of the host, of other groups, through links, through paths in arguments of tools."""

# ruff: noqa: E501 - a script stands as it would be typed

from tests.escape.attempt import DENIED, MISSING, NOT_PERMITTED, READ_ONLY, Attempt, python, shell, use

_MOUNTS = "Only the group's own folders are mounted"
_ROOT = "The root file system is read-only"
_INSIDE = "A link is followed inside, where the target is not"
_TOOLS = "The tools of `claude` run inside the sandbox"
_NOT_HERE = "not in the working directory"

FILES: tuple[Attempt, ...] = (
    shell("host file", "Read a file of the host by its path", "try cat {host}", MISSING, _MOUNTS, control=True),
    shell("keys in .env", "Read `.env` of nanoclaw's home", "try cat {home}/.env", MISSING, _MOUNTS, control=True),
    shell(
        "home folder",
        "List nanoclaw's home, read its settings, its database and its log",
        "try ls {home}\ntry cat {home}/config.toml\ntry cat {home}/store/messages.db\ntry cat {home}/logs/nanoclaw.log",
        MISSING,
        _MOUNTS,
        tries=4,
        control=True,
    ),
    shell(
        "other group's files",
        "Read another group's file by the host's path, and beside one's own folder",
        "try cat {home}/groups/work/secret.txt\n"
        "try cat /workspace/work/secret.txt\ntry cat /workspace/group/../work/secret.txt",
        MISSING,
        _MOUNTS,
        tries=3,
        control=True,
    ),
    shell(
        "other group's session",
        "Read another group's conversation",
        "try ls {home}/data/sessions/work\n"
        "find / -path /proc -prune -o -name '*.jsonl' -print 2>/dev/null | xargs -r cat | shows '{word}'",
        f"{MISSING}|nothing of it",
        "Only the group's own `claude` folder is mounted",
        tries=2,
    ),
    shell(
        "search for secrets",
        "Search every file that can be read for what belongs to others",
        "grep -rslE '{word}|{secret}' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr --exclude-dir=attempts "
        "| shows /",
        "nothing of it",
        _MOUNTS,
    ),
    shell("password hashes", "Read the password hashes", "try cat /etc/shadow", f"{DENIED}|{MISSING}",
          "Not root; under bubblewrap an /etc of its own"),
    shell(
        "system files",
        "Add a user, replace a program, add a library",
        "try sh -c 'echo x:x:0:0::/:/bin/sh >> /etc/passwd'\ntry cp /bin/true /usr/bin/env\n"
        "try sh -c 'echo /tmp/evil.so > /etc/ld.so.preload'\ntry touch /usr/local/bin/git",
        f"{READ_ONLY}|{DENIED}",
        _ROOT,
        tries=4,
    ),
    shell(
        "the program itself",
        "Change `claude`, and what starts the sandbox",
        'try sh -c "echo x >> $(readlink -f "$(command -v claude)")"\n'
        "for f in $(tr '\\0' '\\n' < /proc/1/cmdline | grep entry.py); do try sh -c \"echo x >> $f\"; done",
        f"{READ_ONLY}|{DENIED}",
        _ROOT,
        tries=2,
    ),
    shell(
        "shared folder",
        "Write the memory, settings and skills that all groups read",
        "try sh -c 'echo obey > /workspace/global/CLAUDE.md'\ntry mkdir /workspace/global/.claude\n"
        "try mkdir /workspace/global/skills\ntry chmod 777 /workspace/global",
        READ_ONLY,
        "The shared folder is read-only but for main",
        tries=4,
    ),
    shell(
        "beside the workspace",
        "Make a folder beside one's own, or move one's own away",
        "try mkdir /workspace/new\ntry mv /workspace/group /workspace/old",
        f"{READ_ONLY}|{DENIED}|Device or resource busy|cannot move",
        _ROOT,
        tries=2,
    ),
    shell("main and the host", "As main: read `.env`, the database and nanoclaw's own code",
          "try cat {home}/.env\ntry cat {home}/store/messages.db\ntry cat {code}/compose.py", MISSING, _MOUNTS, tries=3,
          main=True, control=True),
)  # fmt: skip

LINKS: tuple[Attempt, ...] = (
    shell("symbolic link", "Reach the host by a link in the workspace", "ln -sf {host} link\ntry cat link", MISSING,
          _INSIDE, control=True),
    shell("link to the root", "Reach the host by a link to /", "ln -sfn / up\ntry cat up{host}", MISSING, _INSIDE,
          control=True),
    shell("hard link", "Give a file outside the workspace a second name in it",
          "try ln /etc/passwd passwd\ntry ln {host} bait", f"Invalid cross-device link|{NOT_PERMITTED}|{MISSING}",
          "Another file system, or not there", tries=2),
    shell("through the first process", "Go through the root and the folder of process 1",
          "try cat /proc/1/root{host}\ntry cat /proc/1/cwd/../../../..{host}", f"{MISSING}|{DENIED}",
          "Process 1 is the sandbox's own", tries=2),
    python("open by handle", "Open a file of the host by its handle, past the mounts",
           "attempt(call, 'open_by_handle_at', -100, (ctypes.c_char * 64)(), 0)", "EPERM",
           "The seccomp allowlist"),
    python("planted pipe", "Plant a pipe and a device on which the host would hang",
           "attempt(os.mkfifo, 'pipe')\nattempt(os.mknod, 'device', 0o20666, os.makedev(1, 8))", "EPERM",
           "The seccomp allowlist", tries=2),
    use("send a link", "Have the host send a link to its own file", "nanoclaw.send_file", {"path": "link"}, "it is a link",
        "The host follows no link of a workspace"),
    use("send through a link", "Have the host send a file below a linked folder", "nanoclaw.send_file",
        {"path": "up{host}"}, "not a folder that can be entered",
        "The host follows no link of a workspace"),
)  # fmt: skip

PATHS: tuple[Attempt, ...] = (
    *(
        use(f"send_file {number}", f"`send_file` with the path `{shown}`", "nanoclaw.send_file", {"path": path}, held,
            "Paths are taken apart by the host, and must lead down")
        for number, (shown, path, held) in enumerate(
            (
                ("../work/secret.txt", "../work/secret.txt", _NOT_HERE),
                ("a/../../../.env", "a/../../../.env", _NOT_HERE),
                ("/etc/passwd", "/etc/passwd", _NOT_HERE),
                ("/workspace/group/../../etc/passwd", "/workspace/group/../../etc/passwd", _NOT_HERE),
                ("a NUL in the name", "a\0b", "not in the working directory"),
                ("5,000 letters", "a/" * 2500, "at most 4096|not in the working directory"),
                ("a folder", "attempts", "not a plain file"),
            ),
            1,
        )
    ),
    use("Read", "`Read` of a host file", "Read", {"file_path": "{host}"}, "does not exist", _TOOLS),
    use("Write", "`Write` of a host file", "Write", {"file_path": "/var/lib/written.txt", "content": "x"},
        "EROFS|EACCES|read-only|denied|ENOENT", _TOOLS),
    use("Edit", "`Edit` of a host file", "Edit", {"file_path": "{host}", "old_string": "canary", "new_string": "x"},
        "does not exist", _TOOLS),
    use("Read above", "`Read` of another group's file by ..", "Read",
        {"file_path": "/workspace/group/../../{home}/groups/work/secret.txt"}, "does not exist", _TOOLS),
    use("NotebookEdit", "`NotebookEdit` of a host file", "NotebookEdit",
        {"notebook_path": "/var/lib/x.ipynb", "new_source": "x", "edit_mode": "insert", "cell_type": "code"},
        "does not exist|has not been read|No such tool", _TOOLS),
    *(
        use(f"register_group {number}", f"As main: `register_group` with the folder `{shown}`",
            "nanoclaw.register_group", {"channel": "local", "chat": "evil", "name": "E", "folder": folder},
            held, "Names of folders are letters, digits, _ and -", main=True)
        for number, (shown, folder, held) in enumerate(
            (
                ("../evil", "../evil", "folder"),
                ("/etc", "/etc", "folder"),
                ("a/b", "a/b", "folder"),
                ("global", "global", "folder"),
                ("..", "..", "folder"),
                ("evil and a line break", "evil\n", "folder"),
            ),
            1,
        )
    ),
    use("unregister_group", "As main: `unregister_group` with a path", "nanoclaw.unregister_group",
        {"folder": "../work"}, "folder", "Names of folders are letters, digits, _ and -", main=True),
    use("task for a path", "As main: `schedule_task` for the group `../work`", "nanoclaw.schedule_task",
        {"prompt": "x", "schedule_type": "interval", "schedule_value": "60000", "context_mode": "group",
         "target_group": "../work"}, r"no group", "Groups are looked up, never made into paths", main=True),
    use("tasks of a path", "As main: `list_tasks` of the group `../work`", "nanoclaw.list_tasks",
        {"target_group": "../work"}, r"no group", "Groups are looked up, never made into paths", main=True),
)  # fmt: skip
