"""A page of docs/: its blocks, its links, and the tests that it names.

A fenced block says by its first word what it is, and by further words how it is run:

    sh                      commands, run as whoever the page is for; all of them have to succeed
    sh as=ann               run as somebody else
    sh refused              the last command has to fail
    sh until                tried again until it does what it says
    text                    behind one of these: what it prints
    yaml web.yaml           a file that the commands after it use
    yaml, json              other examples
    console                 commands that cannot run here

In a `text` block `...` stands for anything and <so> for a word; how lines are broken does not matter.
"""

import dataclasses
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\S*)(.*)$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED_TEST = re.compile(r"`(tests/[\w/.\-]+)::(\w+)`")


@dataclasses.dataclass
class Block:
    page: str
    line: int
    kind: str
    words: list
    text: str

    @property
    def where(self):
        return f"docs/{self.page}:{self.line}"

    def documents(self):
        return [document for document in yaml.safe_load_all(self.text) if document is not None]

    def matches(self, output):
        """Whether a `text` block is what was printed."""
        wanted = re.split(r"( ?\.\.\. ?|<\w[\w -]*>)", " ".join(self.text.split()))
        patterns = (r".*?" if part.strip() == "..." else r"\S+?" if re.fullmatch("<.*>", part) else re.escape(part)
                    for part in wanted)
        return re.fullmatch("".join(patterns), " ".join(output.split())) is not None


class Page:
    def __init__(self, path):
        self.path, self.name, self.text = path, path.name, path.read_text()
        self.blocks = list(self._read())

    def _read(self):
        block = None
        for number, line in enumerate(self.text.splitlines(), 1):
            fence = FENCE.match(line)
            if fence and block is None:
                block = Block(self.name, number, fence.group(1), fence.group(2).split(), "")
            elif line == "```":
                yield block
                block = None
            elif block is not None:
                block.text += line + "\n"
        assert block is None, f"{self.name}: the block of line {block.line} does not end"

    def prose(self):
        """Without its blocks."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.MULTILINE | re.DOTALL)

    def links(self):
        return LINK.findall(self.prose())

    def anchors(self):
        """As GitHub makes them of headings."""
        headings = re.findall(r"^#+ (.*)$", self.prose(), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def named_tests(self):
        """(file, function) of every test that the page gives as proof."""
        return NAMED_TEST.findall(self.text)


def page(name):
    return Page(DOCS / name)


def all_pages():
    return [Page(path) for path in sorted(DOCS.glob("*.md"))]
