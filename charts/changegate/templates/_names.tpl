{{- /* What objects are called, and the labels that they carry. */ -}}

{{- define "changegate.selectorLabels" -}}
app.kubernetes.io/name: changegate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* labels (list $ COMPONENT) */ -}}
{{- define "changegate.labels" -}}
{{- $root := index . 0 -}}
{{ include "changegate.selectorLabels" $root }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "changegate.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Not empty where changegate runs in the cluster. */ -}}
{{- define "changegate.inCluster" -}}
{{- if not .Values.webhook.url }}true{{ end -}}
{{- end }}

{{- /* Not empty where changegate fills the registrations in. Of a certificate that it makes it has to know whose caBundle
       goes with it, also while there is no registration. */ -}}
{{- define "changegate.registers" -}}
{{- $needed := or .Values.registration.enabled (eq .Values.certificates.source "Changegate") -}}
{{- if and $needed (eq .Values.registration.filledBy "Changegate") }}true{{ end -}}
{{- end }}

{{- /* The name in the certificate that the API server asks for. */ -}}
{{- define "changegate.host" -}}
changegate.{{ .Release.Namespace }}.svc
{{- end }}

{{- /* Whoever runs changegate, as subjects of a binding. */ -}}
{{- define "changegate.subjects" -}}
{{- $subjects := list -}}
{{- if include "changegate.inCluster" . -}}
{{- $account := dict "kind" "ServiceAccount" "name" .Values.serviceAccount.name "namespace" .Release.Namespace -}}
{{- $subjects = append $subjects $account -}}
{{- end -}}
{{- range .Values.rbac.subjects -}}
{{- $group := dict "apiGroup" "rbac.authorization.k8s.io" -}}
{{- $subjects = append $subjects (eq .kind "ServiceAccount" | ternary . (merge (deepCopy .) $group)) -}}
{{- end -}}
{{- toYaml $subjects -}}
{{- end }}

{{- /* binding (list $ ROLE): of the ClusterRole ROLE to whoever runs changegate. */ -}}
{{- define "changegate.clusterRoleBinding" -}}
{{- $root := index . 0 -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ index . 1 }}
  labels: {{- include "changegate.labels" (list $root "rbac") | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ index . 1 }}}
subjects: {{- include "changegate.subjects" $root | nindent 2 }}
{{- end }}
