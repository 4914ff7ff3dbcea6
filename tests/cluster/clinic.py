"""An installation in the cluster for `changegate doctor` to look at: its objects as the chart makes them, in a namespace of their
own. Nodes pretend, so its pods are ready and nothing runs in them; who needs one that answers registers a `lone` one."""

import base64
import copy
import datetime
import pathlib
import re
import subprocess

import yaml

from api import APPLY
from poll import await_that
from webhook import binary

NAMESPACE = "clinic"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:changegate"
REGISTRATION = pathlib.Path(__file__).resolve().parent.parent / "unit" / "registrations" / "desired.yaml"
HOOKS = "/apis/admissionregistration.k8s.io/v1"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
CORE = f"/api/v1/namespaces/{NAMESPACE}"
POLICY = """\
apiVersion: changegate.dev/v1alpha1
kind: ChangePolicy
metadata: {name: tier-1}
spec:
  namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}
  approval: {idPattern: '^CHG[0-9]{7}$'}
  changeDocument: {urls: ['https://wiki.example.com/changes/*']}
"""
RULES = [
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]},
    {"apiGroups": ["changegate.dev"], "resources": ["freezewindows", "approvals"], "verbs": ["list", "watch"]},
    {"apiGroups": ["changegate.dev"], "resources": ["freezewindows/status"], "verbs": ["patch"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "daemonsets"],
     "verbs": ["list", "watch", "patch"]},
    {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": ["list", "watch", "patch"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch", "patch"]},
    {"apiGroups": ["admissionregistration.k8s.io"], "resourceNames": ["changegate"], "verbs": ["get", "patch"],
     "resources": ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]},
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "patch", "create"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "patch", "create"]},
]
DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "changegate", "namespace": NAMESPACE},
    "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "changegate"}},
        "template": {"metadata": {"labels": {"app": "changegate"}}, "spec": {
            "serviceAccountName": "changegate",
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
                                           "whenUnsatisfiable": "DoNotSchedule",
                                           "labelSelector": {"matchLabels": {"app": "changegate"}}}],
            "containers": [{"name": "changegate", "image": "changegate:1", "ports": [{"containerPort": 8443}],
                            "args": ["serve", f"--certificate-secret={NAMESPACE}/changegate-tls",
                                     "--registration=/registration/registration.yaml"]}]}}}}


CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding")
RESOURCES = {"Namespace": "namespaces", "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings",
             "ServiceAccount": "serviceaccounts", "Secret": "secrets", "ConfigMap": "configmaps", "Service": "services",
             "Deployment": "deployments", "Lease": "leases", "PodDisruptionBudget": "poddisruptionbudgets"}


def named(kind, group="v1", name="changegate", **more):
    where = {} if kind in CLUSTER_WIDE else {"namespace": NAMESPACE}
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, **where}, **more}


def lease(name, seconds_ago=0):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds_ago)
    return named("Lease", "coordination.k8s.io/v1", name,
                 spec={"holderIdentity": "pod-a", "leaseDurationSeconds": 12,
                       "renewTime": then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})


def configurations(url=None, ca=None):
    """What is to be registered; `url`: for a changegate outside of the cluster; `ca`: a file, for what is live."""
    made = list(yaml.safe_load_all(REGISTRATION.read_text()))
    for hook in (hook for configuration in made for hook in configuration["webhooks"]):
        service = hook["clientConfig"]["service"]
        hook["clientConfig"] = copy.deepcopy({"url": url + service["path"]} if url else {"service": service})
        if not url:
            hook["clientConfig"]["service"]["namespace"] = NAMESPACE
        if ca:
            hook["clientConfig"]["caBundle"] = base64.b64encode(ca.read_bytes()).decode()
    return made


def issue(directory, name, *options):
    """A certificate and its key."""
    certificate, key = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                    "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *options], check=True,
                   capture_output=True)
    return certificate, key


class Clinic:
    def __init__(self, cluster, directory):
        directory.mkdir()
        self.directory, self.cluster, self.admin = directory, cluster, cluster.user("admin")
        self.api = self.admin.api
        self.ca, self.ca_key = issue(directory, "ca", "-days", "700")
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.apply(*self._rights(), *self.parts())
        self.register(*configurations(ca=self.ca))
        await_that("the pods", lambda: self.run().has("ok", "deployment") and self.run().has("ok", "reach"), 20, 0.1)

    def _rights(self):
        group = "rbac.authorization.k8s.io"
        return [named("ServiceAccount"), named("ClusterRole", f"{group}/v1", "clinic", rules=RULES),
                named("ClusterRoleBinding", f"{group}/v1", "clinic",
                      roleRef={"apiGroup": group, "kind": "ClusterRole", "name": "clinic"},
                      subjects=[{"kind": "ServiceAccount", "name": "changegate", "namespace": NAMESPACE}])]

    def parts(self):
        self.secret = self.make_secret()
        return [self.secret, DEPLOYMENT, lease("changegate-releaser"), lease("changegate-keeper"),
                named("Service", spec={"selector": {"app": "changegate"}, "ports": [{"port": 443, "targetPort": 8443}]}),
                named("PodDisruptionBudget", "policy/v1",
                      spec={"maxUnavailable": 1, "selector": {"matchLabels": {"app": "changegate"}}}),
                named("ConfigMap", name="changegate-policy", data={"policy.yaml": POLICY}),
                named("ConfigMap", name="changegate-registration",
                      data={"registration.yaml": yaml.safe_dump_all(configurations())})]

    def make_secret(self, name="changegate.clinic.svc", days="90", ca=None):
        ca, ca_key = ca or (self.ca, self.ca_key)
        certificate, key = issue(self.directory, "leaf", "-days", days, "-CA", ca, "-CAkey", ca_key, "-addext",
                                 f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:false")
        files = {"tls.crt": certificate, "tls.key": key, "ca.crt": ca}
        return named("Secret", name="changegate-tls", type="kubernetes.io/tls",
                     data={key: base64.b64encode(path.read_bytes()).decode() for key, path in files.items()})

    # ---- arranging ----

    def apply(self, *things):
        """As `kubectl apply --server-side --force-conflicts` would, at once."""
        for thing in things:
            group, resource = thing["apiVersion"], RESOURCES[thing["kind"]]
            root = "/api/v1" if group == "v1" else f"/apis/{group}"
            where = "" if thing["kind"] in CLUSTER_WIDE else f"/namespaces/{NAMESPACE}"
            path = f"{root}{where}/{resource}/{thing['metadata']['name']}?fieldManager=clinic&force=true"
            self.patch(path, thing, content_type=APPLY)

    def register(self, *live):
        """In place of what is there, whoever wrote that."""
        for thing in live:
            path = f"{HOOKS}/{thing['kind'].lower()}s"
            there = self.api.get(f"{path}/changegate")
            if there.passed:
                version = {"name": "changegate", "resourceVersion": there.body["metadata"]["resourceVersion"]}
                self.api.must(self.api.put(f"{path}/changegate", {**thing, "metadata": version}))
            else:
                self.api.must(self.api.post(path, thing))

    def patch(self, path, body, **keywords):
        self.api.must(self.api.patch(path, body, **keywords))

    def renew_leases(self):
        for name in ("changegate-keeper", "changegate-releaser"):
            self.patch(f"{LEASES}/{name}", {"spec": lease(name)["spec"]})

    def edit_hook(self, change, kind="validating"):
        """`change` edits the webhooks of the live object by name."""
        path = f"{HOOKS}/{kind}webhookconfigurations/changegate"
        live = self.api.must(self.api.get(path))
        change({hook["name"].split(".")[0]: hook for hook in live["webhooks"]}, live)
        self.api.must(self.api.put(path, live))

    def towns(self, *made):
        """Namespaces by (name, labels, annotations), while nobody is asked about them."""
        self.register(*({**thing, "webhooks": []} for thing in configurations()))
        for name, labels, *annotations in made:
            body = {"metadata": {"name": name, "labels": labels, "annotations": annotations[0] if annotations else {}}}
            await_that(f"namespace {name}", lambda body=body: self.api.post("/api/v1/namespaces", body).passed)
        self.register(*configurations(ca=self.ca))

    def remove(self):
        for kind in ("validating", "mutating"):
            self.api.delete(f"{HOOKS}/{kind}webhookconfigurations/changegate")
        for resource in ("clusterroles", "clusterrolebindings"):
            self.api.delete(f"/apis/rbac.authorization.k8s.io/v1/{resource}/clinic")
        self.api.delete(f"/api/v1/namespaces/{NAMESPACE}")

    # ---- asking ----

    def run(self, *arguments, user=None):
        done = (user or self.admin).run(binary(), "doctor", "--namespace", NAMESPACE, *arguments)
        return Report(done)


class Report:
    """What the doctor said: (level, check, text, cure), and each line as a person reads it."""

    def __init__(self, done):
        self.done, self.findings = done, []
        assert done.stderr == "", done
        for line in done.stdout.splitlines()[:-1]:
            if line.startswith(" " * 23 + "cure: "):
                self.findings[-1][3] = line[29:]
            else:
                level, check, text = re.fullmatch(r"(ok|warning|fault) +([a-z]+) +(.*)", line).groups()
                self.findings.append([level, check, text, None])
        faults = sum(finding[0] == "fault" for finding in self.findings)
        assert done.code == (1 if faults else 0) and done.stdout.splitlines()[-1].startswith(f"{faults} fault"), done

    def of(self, check):
        """The (level, text) of one check."""
        return [(level, text) for level, name, text, _ in self.findings if name == check]

    def has(self, level, check):
        return any(finding[:2] == [level, check] for finding in self.findings)

    def cure_of(self, text):
        return next(cure for _, _, found, cure in self.findings if found == text)
