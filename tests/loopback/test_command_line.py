"""Whatever is wrong at the start: exit status 2 and one line that says what, where and the cure."""

import socket
import subprocess

import certificates
import pytest
import reviews
from gate import BINARY, ENVIRONMENT, Gate
from waiting import limit


@pytest.fixture(scope="module")
def files(tmp_path_factory, authority, serving):
    directory = tmp_path_factory.mktemp("files")
    other = certificates.make(directory, "other")
    (directory / "broken.yaml").write_bytes(reviews.POLICY + b"unknownKey: 1\n")
    (directory / "empty").write_bytes(b"")
    return {
        "policy": Gate.write(directory, "policy.yaml", reviews.POLICY),
        "namespaces": Gate.write(directory, "namespaces.yaml", reviews.NAMESPACES),
        "crt": serving.certificate, "key": serving.key, "other_key": other.key, "dir": directory,
    }


GOOD = ["--policy={policy}", "--tls-cert={crt}", "--tls-key={key}", "--namespaces={namespaces}",
        "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"]


def run(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=limit(10),
                          env=ENVIRONMENT)


@pytest.mark.parametrize("extra, says", [
    (["--nonsense"], "--nonsense: no such option"),
    (["-x"], "no such option"),
    (["--policy"], "--policy: a value is missing"),
    (["stray"], "stray: is no option"),
    (["--policy={dir}/none.yaml"], "{dir}/none.yaml: cannot be opened: No such file or directory"),
    (["--policy={dir}"], "{dir}: "),
    (["--policy={dir}/broken.yaml"], "unknownKey"),
    (["--policy={dir}/empty"], "{dir}/empty"),
    (["--namespaces={dir}/none.yaml"], "{dir}/none.yaml: "),
    (["--tls-cert={dir}/none.crt"], "{dir}/none.crt: No such file or directory; give "),
    (["--tls-cert={policy}"], "{policy}: "),
    (["--tls-key={dir}/none.key"], "{dir}/none.key: No such file or directory; give "),
    (["--tls-key={dir}/empty"], "{dir}/empty: "),
    (["--tls-key={other_key}"], "{other_key}: is not the key of the first certificate in {crt}; give "),
    (["--client-ca={dir}/none.crt"], "{dir}/none.crt: "),
    (["--client-ca={policy}"], "{policy}: "),
    (["--client-name=x"], "--client-name: names nobody without --client-ca"),
    (["--tls-min-version=1.1"], "--tls-min-version: '1.1' is not 1.2 or 1.3"),
    (["--threads=0"], "--threads: '0' is no number from 1 to"),
    (["--threads=-1"], "--threads: '-1' is no number"),
    (["--threads=2x"], "--threads: '2x' is no number"),
    (["--threads=99999999999999999999"], "is no number"),
    (["--drain=soon"], "--drain: 'soon' is no number"),
    (["--request-timeout="], "--request-timeout: '' is no number"),
    (["--max-connections=0"], "--max-connections: "),
    (["--lease-namespace=Shop"], "--lease-namespace: 'Shop' is no name of a namespace"),
    (["--lease-namespace="], "--lease-namespace: '' is no name of a namespace"),
    (["--listen=nowhere"], "cannot listen on nowhere: "),
    (["--listen=localhost.invalid:1"], "cannot listen on localhost.invalid:1: "),
    (["--listen=127.0.0.1:99999"], "cannot listen on 127.0.0.1:99999: "),
    (["--listen=127.0.0.1:"], "cannot listen on 127.0.0.1:: "),
    (["--listen=192.0.2.1:0"], "cannot listen on 192.0.2.1:0: "),
    (["--listen=::1:0"], "cannot listen on ::1:0: "),
    (["--metrics-listen=x"], "cannot listen on x: "),
    (["--kubeconfig={dir}/none"], "leave --kubeconfig out"),
    (["--certificate-secret=shop"], "--certificate-secret: 'shop' is not NAMESPACE/NAME"),
    (["--certificate-secret=shop/"], "--certificate-secret: 'shop/' is not NAMESPACE/NAME"),
    (["--certificate-secret=/tls"], "--certificate-secret: '/tls' is not NAMESPACE/NAME"),
    (["--certificate-secret=shop/tls/x"], "--certificate-secret: 'shop/tls/x' is not NAMESPACE/NAME"),
    (["--certificate-secret=shop/tls"], "--certificate-secret: is instead of --tls-cert and --tls-key"),
    (["--certificate-name=a.example.com"], "--certificate-secret and --certificate-name belong together"),
    (["--certificate-name=a b"], "--certificate-name: 'a b' is no DNS name or IP address"),
    (["--certificate-name="], "--certificate-name: '' is no DNS name or IP address"),
    (["--certificate-lifetime=90"], "--certificate-lifetime: '90' is no time from 60s to 7300d, such as 90d"),
    (["--certificate-lifetime=59s"], "--certificate-lifetime: '59s' is no time"),
    (["--certificate-lifetime=-1d"], "--certificate-lifetime: '-1d' is no time"),
    (["--ca-lifetime=99999999999999999999d"], "--ca-lifetime: '99999999999999999999d' is no time"),
    (["--ca-lifetime=7301d"], "--ca-lifetime: '7301d' is no time"),
    (["--ca-lifetime=100d"], "--ca-lifetime: is less than twice --certificate-lifetime"),
    (["--ca-bundle={crt}"], "--ca-bundle: goes with --registration and --tls-cert"),
    (["--registration={policy}"], "--namespaces: without a cluster there is no Secret and no registration"),
])
def test_wrong_option(files, extra, says):
    done = run("serve", *(option.format(**files) for option in GOOD + extra))
    assert done.returncode == 2
    assert done.stderr.startswith("changegate: ") and done.stderr.count("\n") == 1, done.stderr
    assert says.format(**files) in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("missing", ["policy", "tls-cert", "tls-key"])
def test_missing_option(files, missing):
    done = run("serve", *(option.format(**files) for option in GOOD if not option.startswith(f"--{missing}=")))
    assert (done.returncode, done.stderr) == (
        2, f"changegate: serve: --{missing} FILE is missing; see changegate serve --help\n")


OWN = ["--policy={policy}", "--certificate-secret=shop/tls", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"]


@pytest.mark.parametrize("extra, says", [
    ([], "--certificate-secret and --certificate-name belong together; give both or none"),
    (["--certificate-name=127.0.0.1"],
     "--certificate-secret: needs --registration FILE, whose caBundle goes with the certificate"),
    (["--certificate-name=127.0.0.1", "--registration={policy}", "--ca-bundle={crt}"],
     "--ca-bundle: goes with --registration and --tls-cert"),
    (["--certificate-name=127.0.0.1"] * 17, "--certificate-name: more than 16 names"),
])
def test_own_certificate(files, extra, says):
    done = run("serve", *(option.format(**files) for option in OWN + extra))
    assert (done.returncode, done.stderr) == (2, f"changegate: {says}\n")


def test_without_a_cluster_and_without_namespaces(files):
    done = run("serve", *(option.format(**files) for option in GOOD if not option.startswith("--namespaces")))
    assert done.returncode == 2
    assert done.stderr.startswith("changegate: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--listen", "--metrics-listen"])
def test_a_port_that_is_taken(files, start, option):
    gate = start()
    taken = f"{gate.address[0]}:{gate.address[1]}"
    done = run("serve", *(argument.format(**files) for argument in GOOD), f"{option}={taken}")
    assert done.returncode == 2, "SO_REUSEPORT must not share it"
    assert f"cannot listen on {taken}: Address already in use" in done.stderr


@pytest.mark.parametrize("where", ["127.0.0.1:{}", "[::1]:{}", ":{}", "0.0.0.0:{}", "[::]:{}"])
def test_ways_to_write_an_address(start, where):
    if "::" in where:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("no IPv6 here")
    gate = start("--listen", where.format(0))
    assert gate.probe("/readyz")[0] == 200
    socket.create_connection(gate.address if "::1" not in where else ("::1", gate.address[1]), limit(5)).close()


@pytest.mark.parametrize("arguments, says", [
    ([], "changegate: no command given; try changegate --help\n"),
    (["dance"], "changegate: no such command: dance; try changegate --help\n"),
    (["--nonsense"], "changegate: no such command: --nonsense; try changegate --help\n"),
])
def test_wrong_command(arguments, says):
    done = run(*arguments)
    assert (done.returncode, done.stderr, done.stdout) == (2, says, "")


@pytest.mark.parametrize("arguments, says", [
    (["--version"], "changegate "), (["--help"], "usage: changegate COMMAND"), (["serve", "--help"], "--tls-cert FILE"),
])
def test_told_what_was_asked(arguments, says):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout
