{{- /* Another webhook that changes the object after this one has it asked again: reinvocationPolicy. */ -}}
{{- define "changegate.mutating" -}}
- name: workloads.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/mutate") | nindent 4 }}
  rules: {{- include "changegate.workloadRules" (list . "[CREATE, UPDATE]") | nindent 4 }}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions: {{- include "changegate.workloadConditions" . | nindent 4 }}
  reinvocationPolicy: IfNeeded
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: pods.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/mutate") | nindent 4 }}
  rules:
    - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE, UPDATE], scope: Namespaced}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.governedSelector" . | nindent 4 }}
  matchConditions: {{- include "changegate.podConditions" . | nindent 4 }}
  reinvocationPolicy: IfNeeded
  failurePolicy: {{ .Values.webhook.failurePolicy }}
  {{- include "changegate.manner" . | nindent 2 }}

- name: approvals.changegate.dev
  clientConfig: {{- include "changegate.clientConfig" (list . "/mutate") | nindent 4 }}
  rules:
    - {apiGroups: [changegate.dev], apiVersions: ["*"], resources: [approvals], operations: [CREATE],
       scope: Namespaced}
  matchPolicy: Equivalent
  namespaceSelector: {{- include "changegate.everywhereSelector" . | nindent 4 }}
  reinvocationPolicy: IfNeeded
  failurePolicy: Fail
  {{- include "changegate.manner" . | nindent 2 }}
{{- end }}
