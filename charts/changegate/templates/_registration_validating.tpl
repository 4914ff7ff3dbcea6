{{- define "changegate.validating" -}}
- name: workloads.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/validate") | nindent 4 }}
  rules: {{- include "changegate.workloadRules" (list . "[CREATE, UPDATE, DELETE]") | nindent 4 }}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions:
    {{- include "changegate.workloadConditions" . | nindent 4 }}
    - name: not-the-clean-up-of-a-finished-job
      expression: >-
        !(request.operation == 'DELETE' && request.resource.resource == 'jobs'
        && request.userInfo.username in [
          'system:kube-controller-manager',
          'system:serviceaccount:kube-system:ttl-after-finished-controller'])
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: pods.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/validate") | nindent 4 }}
  rules:
    - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE, UPDATE, DELETE],
       scope: Namespaced}
    - {apiGroups: [""], apiVersions: [v1], resources: [pods/ephemeralcontainers, pods/resize],
       operations: [UPDATE], scope: Namespaced}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions:
    {{- include "changegate.podConditions" . | nindent 4 }}
    # A pod that a controller replaces, and one on its way out, may go whoever asks; so may preemption and clean-up.
    - name: not-the-end-of-a-replaceable-pod
      expression: >-
        request.operation != 'DELETE'
        || !(has(oldObject.metadata.deletionTimestamp)
          || oldObject.metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false))
          || request.userInfo.username in [
            'system:kube-scheduler',
            'system:kube-controller-manager',
            'system:serviceaccount:kube-system:node-controller',
            'system:serviceaccount:kube-system:taint-eviction-controller',
            'system:serviceaccount:kube-system:pod-garbage-collector'])
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: scale.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/validate") | nindent 4 }}
  rules:
    - {apiGroups: [apps], apiVersions: [v1],
       resources: [deployments/scale, statefulsets/scale, replicasets/scale], operations: [UPDATE],
       scope: Namespaced}
    - {apiGroups: [""], apiVersions: [v1], resources: [replicationcontrollers/scale], operations: [UPDATE],
       scope: Namespaced}
    {{- range .Values.workloads }}
    {{- if .scale }}
    - {apiGroups: [{{ .apiGroup }}], apiVersions: {{ toJson .apiVersions }}, operations: [UPDATE],
       resources: [{{ range $i, $resource := .resources }}{{ if $i }}, {{ end }}{{ $resource }}/scale{{ end }}],
       scope: Namespaced}
    {{- end }}
    {{- end }}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions:
    - name: not-the-autoscaler
      expression: >-
        request.userInfo.username != 'system:serviceaccount:kube-system:horizontal-pod-autoscaler'
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: status.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/validate") | nindent 4 }}
  rules:
    # Not those of custom resources: the API server takes nothing but `status` from a write there.
    - {apiGroups: [apps], apiVersions: [v1],
       resources: [deployments/status, statefulsets/status, daemonsets/status, replicasets/status],
       operations: [UPDATE], scope: Namespaced}
    - {apiGroups: [batch], apiVersions: [v1], resources: [jobs/status, cronjobs/status], operations: [UPDATE],
       scope: Namespaced}
    - {apiGroups: [""], apiVersions: [v1], resources: [replicationcontrollers/status], operations: [UPDATE],
       scope: Namespaced}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions:
    - name: not-its-controller
      expression: >-
        !(request.userInfo.username in [
          'system:kube-controller-manager',
          'system:serviceaccount:kube-system:deployment-controller',
          'system:serviceaccount:kube-system:statefulset-controller',
          'system:serviceaccount:kube-system:daemon-set-controller',
          'system:serviceaccount:kube-system:replicaset-controller',
          'system:serviceaccount:kube-system:replication-controller',
          'system:serviceaccount:kube-system:job-controller',
          'system:serviceaccount:kube-system:cronjob-controller'])
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: marks.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/validate") | nindent 4 }}
  rules:
    - {apiGroups: [""], apiVersions: [v1], resources: [pods/status], operations: [UPDATE], scope: Namespaced}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions:
    - name: changes-what-the-gate-writes
      expression: >-
        {{ include "changegate.marks" . }}.exists(k,
          object.metadata.?annotations[?k] != oldObject.metadata.?annotations[?k])
        || object.metadata.?labels[?'changegate.dev/held'] != oldObject.metadata.?labels[?'changegate.dev/held']
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: namespaces.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/guard") | nindent 4 }}
  rules:
    # No namespaceSelector: for a Namespace it would be asked of the NEW labels, so taking the label off would escape.
    - {apiGroups: [""], apiVersions: [v1], resources: [namespaces, namespaces/status, namespaces/finalize],
       operations: [CREATE, UPDATE, DELETE], scope: Cluster}
  matchPolicy: Equivalent
  matchConditions:
    - name: not-a-namespace-of-the-system
      expression: >-
        !(request.name in {{ include "changegate.excluded" . }})
    - name: changes-what-the-gate-reads
      expression: >-
        {{ list .Values.governed.label "changegate.dev/freeze" | toJson }}.exists(k,
          (object == null ? optional.none() : object.metadata.?labels[?k])
          != (oldObject == null ? optional.none() : oldObject.metadata.?labels[?k]))
        || ['changegate.dev/freeze-until', 'changegate.dev/freeze-reason'].exists(k,
          (object == null ? optional.none() : object.metadata.?annotations[?k])
          != (oldObject == null ? optional.none() : oldObject.metadata.?annotations[?k]))
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: freezewindows.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/guard") | nindent 4 }}
  rules:
    # Not freezewindows/status, which changegate writes itself. A deletion needs no look at the object.
    - {apiGroups: [changegate.dev], apiVersions: ["*"], resources: [freezewindows], operations: [CREATE, UPDATE],
       scope: Cluster}
  matchPolicy: Equivalent
  failurePolicy: Fail
  {{- include "changegate.manner" . | nindent 2 }}

- name: approvals.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/guard") | nindent 4 }}
  rules:
    # Who may delete one may revoke it, and needs no changegate for that.
    - {apiGroups: [changegate.dev], apiVersions: ["*"], resources: [approvals], operations: [CREATE, UPDATE],
       scope: Namespaced}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.everywhereSelector" . | nindent 4 }}
  failurePolicy: Fail
  {{- include "changegate.manner" . | nindent 2 }}
{{- end }}

{{- /* The annotations that the gate reads and writes: those of all policies, whatever they call them. */ -}}
{{- define "changegate.marks" -}}
{{- $keys := list "changegate.dev/hold" "changegate.dev/admitted" "changegate.dev/approval-ids" "changegate.dev/change-doc"
    "changegate.dev/approval-token" "changegate.dev/break-glass" "changegate.dev/break-glass-reason"
    "changegate.dev/reviewed-by" "changegate.dev/on-freeze" -}}
{{- range .Values.policies -}}
{{- $keys = concat $keys (values (.spec.annotations | default dict) | sortAlpha) -}}
{{- end -}}
{{- uniq $keys | toJson -}}
{{- end }}
