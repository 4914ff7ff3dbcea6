package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

const (
	approvalIDs = "changegate.dev/approval-ids"
	changeDoc   = "changegate.dev/change-doc"
)

type verdict struct {
	policy    string
	causes    []metav1.StatusCause
	approvals []string
}

func (g *gate) decide(c *change, now time.Time) *verdict {
	known, ok := g.namespaces[c.namespace]
	if !ok {
		return &verdict{causes: []metav1.StatusCause{{Type: "NamespaceUnknown",
			Message: fmt.Sprintf("namespace %q is not known yet; try again", c.namespace)}}}
	}
	if !g.policy.selector.Matches(labels.Set(known)) {
		return &verdict{}
	}
	v := &verdict{policy: g.policy.Metadata.Name}
	need := needs[c.class]
	if need.approval {
		g.policy.checkApproval(c, v)
		g.policy.checkDocument(c, v)
	}
	if need.freeze {
		if window, end := g.policy.closedBy(now); window != nil && window.Action == "Deny" {
			v.fault("Frozen", "", fmt.Sprintf("freeze window %q (%s) is open until %s",
				window.Name, window.Reason, end.UTC().Format(time.RFC3339)))
		}
		if action := known["changegate.dev/freeze"]; action == "deny" {
			v.fault("Frozen", "", fmt.Sprintf("namespace %q is frozen", c.namespace))
		}
	}
	return v
}

func (v *verdict) fault(reason metav1.CauseType, annotation, message string) {
	cause := metav1.StatusCause{Type: reason, Message: message}
	if annotation != "" {
		cause.Field = "metadata.annotations[" + annotation + "]"
	}
	v.causes = append(v.causes, cause)
}

func (p *policy) checkApproval(c *change, v *verdict) {
	counted := make(map[string]bool)
	for _, id := range strings.FieldsFunc(c.annotations[approvalIDs], isSeparator) {
		if !p.idPattern.MatchString(id) {
			v.fault("ApprovalInvalid", approvalIDs, fmt.Sprintf("%q does not match %s", id, p.idPattern))
		} else if !counted[id] {
			counted[id] = true
			v.approvals = append(v.approvals, id)
		}
	}
	if len(counted) < p.Spec.Approval.Minimum {
		v.fault("ApprovalMissing", approvalIDs,
			fmt.Sprintf("%d of %d approvals; add the missing ids", len(counted), p.Spec.Approval.Minimum))
	}
}

func isSeparator(r rune) bool {
	return r == ',' || r == ' ' || r == '\t' || r == '\n'
}

func (p *policy) checkDocument(c *change, v *verdict) {
	if !p.Spec.ChangeDocument.Required {
		return
	}
	document := c.annotations[changeDoc]
	if document == "" {
		v.fault("DocumentMissing", changeDoc, "no change document; add a link to it")
		return
	}
	if link, err := url.Parse(document); err != nil || link.Scheme != "https" || link.User != nil {
		v.fault("DocumentInvalid", changeDoc, fmt.Sprintf("%q is no plain https URL", document))
		return
	}
	for _, prefix := range p.urlPrefixes {
		if strings.HasPrefix(document, prefix) {
			return
		}
	}
	v.fault("DocumentElsewhere", changeDoc, fmt.Sprintf("%q is none of %v", document, p.urlPrefixes))
}

func (v *verdict) word() string {
	if len(v.causes) > 0 {
		return "Deny"
	}
	return "Allow"
}

func (v *verdict) response(c *change, uid types.UID) *admissionv1.AdmissionResponse {
	response := &admissionv1.AdmissionResponse{
		UID:     uid,
		Allowed: len(v.causes) == 0,
		AuditAnnotations: map[string]string{
			"verdict": v.word(),
			"class":   c.class,
			"policy":  v.policy,
			"digest":  c.digestAfter,
		},
	}
	if response.Allowed {
		return response
	}
	messages := make([]string, len(v.causes))
	for i, cause := range v.causes {
		messages[i] = cause.Message
	}
	response.Result = &metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusForbidden,
		Reason:  metav1.StatusReasonForbidden,
		Message: fmt.Sprintf("%s of %s %s/%s: %s", c.class, c.kind, c.namespace, c.name, strings.Join(messages, "; ")),
		Details: &metav1.StatusDetails{Name: c.name, Kind: c.kind, Causes: v.causes},
	}
	return response
}

type logLine struct {
	Time        time.Time            `json:"time"`
	UID         types.UID            `json:"uid"`
	Verdict     string               `json:"verdict"`
	Policy      string               `json:"policy,omitempty"`
	Class       string               `json:"class"`
	Operation   string               `json:"operation"`
	Kind        string               `json:"kind"`
	Namespace   string               `json:"namespace"`
	Name        string               `json:"name"`
	User        string               `json:"user"`
	Groups      []string             `json:"groups,omitempty"`
	DryRun      bool                 `json:"dryRun"`
	Approvals   []string             `json:"approvals,omitempty"`
	Document    string               `json:"document,omitempty"`
	DigestAfter string               `json:"templateDigest,omitempty"`
	Reasons     []metav1.StatusCause `json:"reasons,omitempty"`
	LatencyUs   int64                `json:"latencyUs"`
}

func (v *verdict) logLine(c *change, request *admissionv1.AdmissionRequest, received time.Time) *logLine {
	return &logLine{
		Time:        received,
		UID:         request.UID,
		Verdict:     v.word(),
		Policy:      v.policy,
		Class:       c.class,
		Operation:   string(request.Operation),
		Kind:        c.kind,
		Namespace:   c.namespace,
		Name:        c.name,
		User:        request.UserInfo.Username,
		Groups:      request.UserInfo.Groups,
		DryRun:      request.DryRun != nil && *request.DryRun,
		Approvals:   v.approvals,
		Document:    c.annotations[changeDoc],
		DigestAfter: c.digestAfter,
		Reasons:     v.causes,
		LatencyUs:   time.Since(received).Microseconds(),
	}
}
