#!/usr/bin/env python3
"""Large folders, and what it costs to open them.

  folders.py make MAILDIR COUNT [FOLDER] [--plain]   COUNT messages, hard links of a few files; --plain: no sizes in the names
  folders.py time HOST:PORT USER PASSWORD [FOLDER]   SELECT and FETCH, each three times on connections of its own

A cold folder is one without mailserver-index and mailserver-structures: remove them, and start the server anew. Only ratios count: run a
peer's server over a copy of the same Maildir in the same minute (../shared/bench has them).
"""
import os, socket, sys, time

LINKS = 60_000  # ext4 allows 65,000 links of one file


def message(kind):
    head = (f"Date: Mon, 01 Jan 2024 10:00:{kind:02} +0000\nFrom: \"Sender {kind}\" <s{kind}@example.org>\nTo: alice@example.org\n"
            f"Subject: message of kind {kind}\nMessage-ID: <{kind}@example.org>\n")
    if kind % 2:
        return head + "\n" + "A line of text that is as long as lines of text are.\n" * (4 + kind)
    return (head + "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            + "text\n" * (4 + kind) + "--b\nContent-Type: text/html\n\n" + "<p>text</p>\n" * (4 + kind) + "--b--\n")


def make(maildir, count, folder, plain):
    place = maildir if folder == "INBOX" else os.path.join(maildir, "." + folder.replace("/", "."))
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(place, part), mode=0o700, exist_ok=True)
    if folder != "INBOX":
        open(os.path.join(place, "maildirfolder"), "w").close()
    kinds = max(10, count // LINKS + 1)
    second, serial, first = int(time.time()) - count, os.getpid(), {}
    for i in range(count):
        kind = i % kinds
        text = message(kind).encode()
        lines = text.count(10)
        size = "" if plain else f",S={len(text)},W={len(text) + lines}"
        path = os.path.join(place, "cur", f"{second + i}.M{i % 1000000}P{serial}Q{i}.bench{size}:2,S")
        if i < kinds:
            with open(path, "wb") as file:
                file.write(text)
            first[kind] = path
        else:
            os.link(first[kind], path)


class Imap:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.file = socket.create_connection((host, int(port))).makefile("rwb")
        self.file.readline()

    def run(self, command):
        start = time.perf_counter()
        self.file.write(b"a " + command.encode() + b"\r\n")
        self.file.flush()
        octets = 0
        while not (line := self.file.readline()).startswith(b"a "):
            octets += len(line)
        if not line.startswith(b"a OK"):
            sys.exit(f"{command}: {line.decode()}")
        return time.perf_counter() - start, octets


def measure(address, user, password, folder):
    commands = [f"SELECT \"{folder}\"", "FETCH 1:* (UID FLAGS)", "FETCH 1:* (UID FLAGS RFC822.SIZE INTERNALDATE)", "FETCH 1:* (ENVELOPE)", "FETCH 1:* (ENVELOPE BODYSTRUCTURE)"]
    for round in range(3):
        imap = Imap(address)
        imap.run(f"LOGIN {user} {password}")
        for command in commands:
            seconds, octets = imap.run(command)
            print(f"{round + 1}  {seconds:8.3f} s  {octets:>11,} octets  {command}")
        imap.run("LOGOUT")


if __name__ == "__main__":
    match [argument for argument in sys.argv[1:] if argument != "--plain"]:
        case ["make", maildir, count, *folder]:
            make(maildir, int(count), folder[0] if folder else "INBOX", "--plain" in sys.argv)
        case ["time", address, user, password, *folder]:
            measure(address, user, password, folder[0] if folder else "INBOX")
        case _:
            sys.exit(__doc__)
