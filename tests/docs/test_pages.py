"""What pages promise without being run: links, the tests that they name, and that nothing on them is left unrun."""

import re

import pytest

from page import DOCS, ROOT, Page, all_pages

# Whose commands are run, and by which test.
RUN = {"engineer.md", "approving.md", "operator.md", "doctor.md", "incident-commander.md", "auditor.md", "emergency.md",
       "installing.md", "callers.md"}
# Commands that stand on these pages and cannot run where the tests run.
ELSEWHERE = {
    "kubectl -n changegate-system logs": "the nodes only pretend, so pods have no logs",
    "helm upgrade --install changegate charts/changegate --namespace changegate-system --create-namespace --values "
    "manifests/examples/values-cert-manager.yaml": "cert-manager is not there; tests/chart renders it",
    "helm rollback": "tests/cluster/test_helm.py",
    "changegate drop": "tests/cluster/test_held_cli.py",
    "changegate doctor --namespace": "tests/cluster/test_doctor.py",
    "changegate approve shop deployment/web --change-id": "of a held change: tests/cluster/test_approve_cli.py",
    "kubectl create -f": "of a kind that the policy of the pages does not have: tests/cluster/test_approval_objects.py",
    "changegate held -o json": "tests/cluster/test_held_cli.py",
    "kubectl annotate validatingwebhookconfiguration changegate changegate.dev/registered-":
        "tests/install/test_certificates.py",
    "kubectl describe pods": "the nodes only pretend", "kubectl logs": "the nodes only pretend",
    "kubeadm": "no kubeadm", "kubectl changegate": "tests/cluster/test_held_cli.py",
}
PAGES = all_pages()
TEXTS = [*PAGES, *(Page(ROOT / name) for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"))]
TOOLS = ("kubectl ", "helm ", "changegate ", "kubeadm ")


def names(pages):
    return [page.name for page in pages]


@pytest.mark.parametrize("page", TEXTS, ids=names(TEXTS))
def test_every_link_leads_somewhere(page):
    for link in page.links():
        if "://" in link:
            assert link.startswith("https://"), link
            continue
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in Page(target).anchors(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_test_that_is_named_exists(page):
    for file, function in page.named_tests():
        path = ROOT / file
        assert path.exists(), f"{page.name}: {file}"
        form = rf"^def {function}\(" if path.suffix == ".py" else rf"^static void {function}\("
        assert re.search(form, path.read_text(), re.MULTILINE), f"{page.name}: {file} has no {function}"


def rows(page):
    """The cells of every row of its tables but headings."""
    for line in page.text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|-: ") and "Shown by" not in cells:
            yield cells


@pytest.mark.parametrize("name", ["security.md", "good-practices.md"])
def test_every_row_names_a_test(name):
    page = Page(DOCS / name)
    for cells in rows(page):
        assert "::" in cells[-1], cells
    assert len(page.named_tests()) > 30


def test_all_threats_of_the_paper_are_there():
    numbered = [int(cells[0]) for cells in rows(Page(DOCS / "security.md")) if cells[0].isdigit()]
    assert numbered == list(range(1, 19))


def test_every_page_is_in_the_table_of_the_readme():
    assert {f"docs/{page.name}" for page in PAGES} <= set(Page(ROOT / "README.md").links())


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_no_command_stands_on_a_page_that_nobody_runs(page):
    assert page.name in RUN or not any(block.kind == "sh" for block in page.blocks)


@pytest.mark.parametrize("name", sorted(RUN))
def test_a_command_by_itself_is_fenced(name):
    """An indented one would be read by people, and by no test."""
    indented = [line for line in Page(DOCS / name).prose().splitlines()
                if re.match(r" {4,}\S", line) and line.strip().startswith((*TOOLS, "scripts/", "openssl "))]
    assert not indented, indented


def test_the_readme_names_the_pages_that_are_run():
    said = re.search(r"^Every command of (.*?) is run by `tests/docs`", Page(ROOT / "README.md").text,
                     re.MULTILINE | re.DOTALL).group(1)
    assert set(re.findall(r"[\w-]+\.md", said)) == RUN


def as_pattern(command):
    """NAMES in capitals stand for anything."""
    words = (r"\S+" if re.fullmatch(r"(\w+/)?[A-Z]{2,}\S*", word) else re.escape(word) for word in command.split())
    return re.compile(r"\s+".join(words))


def told_but_not_run(page):
    """Commands in console blocks and in running text."""
    for block in page.blocks:
        if block.kind == "console":
            yield from block.text.splitlines()
    for code in re.findall(r"`([^`\n]+)`", page.prose()):
        if code.startswith(TOOLS):
            yield code


@pytest.mark.parametrize("name", sorted(RUN))
def test_what_is_only_told_is_run_elsewhere(name):
    run = "\n".join(block.text.replace("\\\n", " ") for page in PAGES if page.name in RUN
                    for block in page.blocks if block.kind == "sh")
    for command in told_but_not_run(Page(DOCS / name)):
        known = any(f"{command} ".startswith(f"{start} ") for start in ELSEWHERE)
        assert known or as_pattern(command).search(run), f"{name}: {command} is run nowhere"


def test_the_commands_about_performance_are_those_of_ci():
    """scripts/test runs the short form; what else the page names is there."""
    page = Page(DOCS / "performance.md")
    assert "tests/bench/run --short" in page.text
    assert re.search(r'run one "bench" tests/bench/run --short', (ROOT / "scripts" / "test").read_text())
    for path in re.findall(r"\b(?:tests|scripts)/[\w./-]+\w", page.text):
        built = path.startswith("tests/bench/") and (ROOT / f"{path}.c").exists()
        assert built or (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_example_in_yaml_can_be_read(page):
    for block in page.blocks:
        if block.kind == "yaml":
            assert block.documents(), block.where
