{{- /* Whether the API server asks about what a policy governs; an unasked gate refuses nothing. checkPolicy (list $ INDEX POLICY) */ -}}
{{- define "changegate.checkPolicy" -}}
{{- $root := index . 0 -}}
{{- $i := index . 1 -}}
{{- $spec := (index . 2).spec -}}
{{- $governed := $root.Values.governed -}}
{{- $selector := $spec.namespaceSelector | default (dict "matchLabels" (dict "changegate.dev/tier" "tier-1")) -}}
{{- $asked := list -}}
{{- with get ($selector.matchLabels | default dict) $governed.label -}}
{{- $asked = list . -}}
{{- end -}}
{{- range $selector.matchExpressions | default list -}}
{{- if and (eq .key $governed.label) (eq .operator "In") -}}
{{- $asked = .values -}}
{{- end -}}
{{- end -}}
{{- if not $asked -}}
{{- fail (printf "policies[%d].spec.namespaceSelector does not ask for the label %s, which the registration selects by; add it, or change governed.label" $i $governed.label) -}}
{{- end -}}
{{- range $asked -}}
{{- if not (has . $governed.values) -}}
{{- fail (printf "policies[%d].spec.namespaceSelector governs %s=%s, which the registration does not ask about; add %q to governed.values" $i $governed.label . .) -}}
{{- end -}}
{{- end -}}
{{- range $spec.workloads | default list -}}
{{- include "changegate.checkKind" (list $root $i .) -}}
{{- end -}}
{{- end }}

{{- /* checkKind (list $ INDEX KIND): KIND is one of a policy's workloads. */ -}}
{{- define "changegate.checkKind" -}}
{{- $root := index . 0 -}}
{{- $i := index . 1 -}}
{{- $kind := index . 2 -}}
{{- $resource := $kind.resource | default (printf "%ss" (lower $kind.kind)) -}}
{{- $found := false -}}
{{- range $root.Values.workloads -}}
{{- if and (eq .apiGroup $kind.group) (has $resource .resources) (or (not $kind.hold) .hold) -}}
{{- $found = true -}}
{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- fail (printf "policies[%d].spec.workloads has %s of %s, which the registration does not ask about; add {apiGroup: %s, apiVersions: [...], resources: [%s]%s} to workloads" $i $kind.kind $kind.group $kind.group $resource (empty $kind.hold | ternary "" ", hold: true")) -}}
{{- end -}}
{{- end }}

{{- define "changegate.seconds" -}}
{{- $units := dict "s" 1 "m" 60 "h" 3600 "d" 86400 -}}
{{- $length := sub (len .) 1 | int -}}
{{- mul (substr 0 $length . | int) (get $units (substr $length (len .) .)) -}}
{{- end }}

{{- /* What `serve` would end on; pods that do not start are a worse way to learn of it. checkLifetimes CERTIFICATES */ -}}
{{- define "changegate.checkLifetimes" -}}
{{- range $key := list "lifetime" "caLifetime" -}}
{{- $value := get $ $key -}}
{{- $seconds := include "changegate.seconds" $value | int -}}
{{- if or (lt $seconds 60) (gt $seconds (mul 7300 86400 | int)) -}}
{{- fail (printf "certificates.%s: %s is no time from 60s to 7300d; give one, such as 90d or 12h" $key $value) -}}
{{- end -}}
{{- end -}}
{{- if lt (include "changegate.seconds" .caLifetime | int) (mul 2 (include "changegate.seconds" .lifetime | int) | int) -}}
{{- fail (printf "certificates.caLifetime: %s is less than twice certificates.lifetime, %s: a certificate ends with its CA; give a longer one" .caLifetime .lifetime) -}}
{{- end -}}
{{- end }}

{{- /* Where the certificate of a pod comes from, by its arguments and volumes. source POD-SPEC */ -}}
{{- define "changegate.source" -}}
{{- $found := "" -}}
{{- range (first .containers).args | default list -}}
{{- if hasPrefix "--certificate-secret=" . -}}
{{- $found = printf "made by changegate, in Secret %s" (splitList "/" . | last) -}}
{{- end -}}
{{- end -}}
{{- range .volumes | default list -}}
{{- if and (eq .name "tls") .secret -}}
{{- $found = printf "given, in Secret %s" .secret.secretName -}}
{{- end -}}
{{- end -}}
{{- $found -}}
{{- end }}

{{- /*
New pods become ready when the API server's caBundle is good for their certificate, and the old leader, which knows the old
one alone, keeps that in the caBundle until they are ready: each would wait for the other. Without a cluster lookup finds
nothing.
*/ -}}
{{- define "changegate.checkRunning" -}}
{{- $running := lookup "apps/v1" "Deployment" .Release.Namespace "changegate" -}}
{{- $wanted := printf "made by changegate, in Secret %s" .Values.certificates.secretName -}}
{{- if ne .Values.certificates.source "Changegate" -}}
{{- $wanted = printf "given, in Secret %s" .Values.certificates.secretName -}}
{{- end -}}
{{- if $running -}}
{{- $is := include "changegate.source" $running.spec.template.spec -}}
{{- if and $is (ne $is $wanted) -}}
{{- fail (printf "the certificate of the changegate that runs is %s, and is to be %s: old and new pods would wait for each other. Run kubectl -n %s delete deployment changegate, and then this again; for about a minute tier-1 workloads cannot be changed by people" $is $wanted .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end }}
