"""Somebody who works through a page, command by command, in a shell."""

import shlex

from poll import await_that

SECONDS = 120
# How long what a person did may take to be known to changegate; it takes milliseconds.
SOON = 30


class Reader:
    """`people` are those whom a page may name; `directory` is where they stand: a checkout of the project, and their files.

    `gate` is waited for after each block, until it knows what was done; None: the page has nothing that it has to know.
    """

    def __init__(self, people, who, directory, path, gate, **env):
        self.people, self.who, self.directory, self.gate = people, who, directory, gate
        self.env = {"PATH": f"{path}:{people[who].cluster.env['PATH']}", **env}

    def read(self, page, first="", last=""):
        """All blocks of the page, or those of some sections: from heading `first` to before heading `last`."""
        blocks = [block for block in page.blocks if self._between(page, block, first, last)]
        assert any(block.kind == "sh" for block in blocks), f"{page.name} has no command there"
        answer = None
        for i, block in enumerate(blocks):
            if block.kind == "sh":
                then = blocks[i + 1] if i + 1 < len(blocks) else None
                answer = self._run(block, then if then is not None and then.kind == "text" else None)
            elif block.kind == "yaml" and block.words:
                (self.directory / block.words[0]).write_text(block.text)
        return answer

    @staticmethod
    def _between(page, block, first, last):
        lines = page.text.splitlines()
        start = lines.index(first) + 1 if first else 0
        end = lines.index(last) + 1 if last else len(lines) + 1
        return start <= block.line < end

    def _run(self, block, expected):
        who = next((word[3:] for word in block.words if word.startswith("as=")), self.who)
        unknown = [word for word in block.words if word not in ("refused", "until") and not word.startswith("as=")]
        assert not unknown and who in self.people, f"{block.where}: {unknown or who} means nothing"

        last = []

        def done():
            last[:] = [self._shell(who, block)]
            return self._as_expected(block, expected, last[0])
        try:
            await_that("", done, SOON if "until" in block.words else 0, pause=0.1)
        except AssertionError:
            raise AssertionError(self._report(block, expected, last[0])) from None
        if self.gate is not None:
            self.gate.knows()
        return last[0]

    def _shell(self, who, block):
        # Both streams in one, as a terminal shows them; -e, so that no failure is passed over.
        script = f"cd {shlex.quote(str(self.directory))}\nexec 2>&1\n{block.text}"
        return self.people[who].run("bash", "-euo", "pipefail", "-c", script, env=self.env, seconds=SECONDS)

    @staticmethod
    def _as_expected(block, expected, answer):
        return (answer.code != 0) == ("refused" in block.words) and (
            expected is None or expected.matches(answer.stdout))

    @staticmethod
    def _report(block, expected, answer):
        wanted = "" if expected is None else f"\n{expected.where} says:\n{expected.text}"
        return f"{block.where} ({' '.join(block.words)}):\n{block.text}printed, with exit status {answer.code}:\n" \
               f"{answer.stdout}{wanted}"
