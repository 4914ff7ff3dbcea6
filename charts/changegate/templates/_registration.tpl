{{- /*
What the API server asks changegate about, and nothing else: the `webhooks` of both configurations. Written down once here,
for the ConfigMap that changegate fills the configurations in from, and for the configurations themselves where the chart
fills them in.

The context of each is (dict "Values" .Values "Release" .Release "caBundle" PEM-OR-EMPTY).
*/ -}}

{{- define "changegate.registration" -}}
# What the API server asks changegate about, and nothing else. One entry per concern, each with rules as narrow as the
# concern allows:
#
#   workloads    the objects whose template makes pods
#   pods         pods that nobody but a person or a pipeline made, and what changes a running pod
#   scale        the /scale subresource, which carries none of the workload's annotations
#   status       written by anybody but its controller: it says whether a template is out, which a resume depends on; and
#                some kinds take new labels with it, which the objectSelector of a window reads
#   marks        the marks of a hold and the record of what was admitted, where a pod's status would carry them past the
#                rules above
#   namespaces   the labels and annotations that decide which namespaces are governed and frozen
#   windows      FreezeWindow objects, so that one that could not be used is refused where it is written
#   approvals    Approval objects: who approves is written by changegate, and checked. Of every namespace, governed or not:
#                one that is made before its namespace is governed has to be true as well
#
# Two passes: MutatingWebhookConfiguration asks /mutate, which writes holds and records onto the objects and stamps
# Approvals, and ValidatingWebhookConfiguration asks /validate for the verdict on the object as it will be stored. Both
# have to be there: without the first one, what should be held is refused, and so is every Approval.
#
# With failurePolicy Fail: while changegate cannot be reached, tier-1 workloads cannot be changed by people. What keeps
# them running goes on: the matchConditions leave the controllers' own work out (by identity AND owner, never by owner
# alone), so pods are replaced, scaled and cleaned up even when changegate is down. Namespaces without the tier label,
# kube-system and changegate's own namespace are never matched.
#
# sideEffects is NoneOnDryRun: Events are written, of a dry run never.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: changegate
webhooks:
  {{- include "changegate.validating" . | nindent 2 }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: changegate
webhooks:
  {{- include "changegate.mutating" . | nindent 2 }}
{{- end }}


{{- /* clientConfig (list CONTEXT PATH) */ -}}
{{- define "changegate.clientConfig" -}}
{{- $context := index . 0 -}}
{{- $path := index . 1 -}}
{{- with $context.Values.webhook.url -}}
url: {{ trimSuffix "/" . }}{{ $path }}
{{- else -}}
service: {namespace: {{ $context.Release.Namespace }}, name: changegate, port: 443, path: {{ $path }}}
{{- end }}
{{- with $context.caBundle }}
caBundle: {{ b64enc . }}
{{- end }}
{{- end }}

{{- /* What is the same for all webhooks. */ -}}
{{- define "changegate.manner" -}}
sideEffects: NoneOnDryRun
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
admissionReviewVersions: [v1]
{{- end }}

{{- /* The namespaces that are never asked about, as JSON, which is CEL as well. */ -}}
{{- define "changegate.excluded" -}}
{{- concat (list "kube-system" .Release.Namespace) .Values.excludedNamespaces | uniq | toJson -}}
{{- end }}

{{- /* By a label that the API server sets itself and lets nobody change. */ -}}
{{- define "changegate.governedSelector" -}}
matchExpressions:
  - {key: {{ .Values.governed.label }}, operator: In, values: {{ toJson .Values.governed.values }}}
  - {key: kubernetes.io/metadata.name, operator: NotIn, values: {{ include "changegate.excluded" . }}}
{{- end }}

{{- /* excludedNamespaces are matched here: Approvals are changegate's own, and have to be true before anything is governed. */ -}}
{{- define "changegate.everywhereSelector" -}}
matchExpressions:
  - {key: kubernetes.io/metadata.name, operator: NotIn, values: {{ list "kube-system" .Release.Namespace | uniq | toJson }}}
{{- end }}

{{- /* workloadRules (list CONTEXT OPERATIONS) */ -}}
{{- define "changegate.workloadRules" -}}
{{- $operations := index . 1 -}}
- {apiGroups: [apps], apiVersions: [v1], resources: [deployments, statefulsets, daemonsets, replicasets],
   operations: {{ $operations }}, scope: Namespaced}
- {apiGroups: [batch], apiVersions: [v1], resources: [jobs, cronjobs],
   operations: {{ $operations }}, scope: Namespaced}
- {apiGroups: [""], apiVersions: [v1], resources: [replicationcontrollers],
   operations: {{ $operations }}, scope: Namespaced}
{{- range (index . 0).Values.workloads }}
- {apiGroups: [{{ .apiGroup }}], apiVersions: {{ toJson .apiVersions }}, resources: {{ toJson .resources }},
   operations: {{ $operations }}, scope: Namespaced}
{{- end }}
{{- end }}

{{- /* By identity and owner, never by owner alone. */ -}}
{{- define "changegate.workloadConditions" -}}
# A ReplicaSet of a Deployment, a Job of a CronJob: decided on when the Deployment or CronJob changed.
- name: not-a-part-kept-by-its-controller
  expression: >-
    !(request.userInfo.username in [
      'system:kube-controller-manager',
      'system:serviceaccount:kube-system:deployment-controller',
      'system:serviceaccount:kube-system:replicaset-controller',
      'system:serviceaccount:kube-system:cronjob-controller',
      'system:serviceaccount:kube-system:job-controller',
      'system:serviceaccount:kube-system:ttl-after-finished-controller',
      'system:serviceaccount:kube-system:generic-garbage-collector']
    && request.resource.resource in ['replicasets', 'jobs']
    && [object, oldObject].exists(o, o != null
      && o.metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false))))
# Its deletion was decided on, and no controller acts on its template any more; what is left are finalizers.
- name: not-on-its-way-out
  expression: oldObject == null || !has(oldObject.metadata.deletionTimestamp)
{{- end }}

{{- define "changegate.podConditions" -}}
# Kubelets write and remove mirror pods of their own node only (NodeRestriction).
- name: not-a-kubelet
  expression: "!('system:nodes' in request.userInfo.groups)"
- name: not-a-part-kept-by-its-controller
  expression: >-
    !(request.userInfo.username in [
      'system:kube-controller-manager',
      'system:serviceaccount:kube-system:replicaset-controller',
      'system:serviceaccount:kube-system:replication-controller',
      'system:serviceaccount:kube-system:statefulset-controller',
      'system:serviceaccount:kube-system:daemon-set-controller',
      'system:serviceaccount:kube-system:job-controller',
      'system:serviceaccount:kube-system:generic-garbage-collector']
    && [object, oldObject].exists(o, o != null
      && o.metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false))))
{{- end }}
