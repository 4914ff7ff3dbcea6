package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const restartedAt = "kubectl.kubernetes.io/restartedAt"

// change is one admission request, reduced to what the rules ask about.
type change struct {
	namespace, kind, name string
	class                 string
	annotations           map[string]string
	digestAfter           string
}

// workload is what the kinds have in common.
type workload struct {
	meta     metav1.ObjectMeta
	template *corev1.PodTemplateSpec
	replicas *int32
}

func readChange(request *admissionv1.AdmissionRequest) (*change, error) {
	before, err := readWorkload(request.Kind.Kind, request.OldObject.Raw)
	if err != nil {
		return nil, fmt.Errorf("oldObject: %w", err)
	}
	after, err := readWorkload(request.Kind.Kind, request.Object.Raw)
	if err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	c := &change{namespace: request.Namespace, kind: request.Kind.Kind, name: request.Name}
	if c.class = classify(before, after); c.class == "" {
		return nil, fmt.Errorf("a review without objects")
	}
	if after != nil {
		c.annotations = after.meta.Annotations
	} else {
		c.annotations = before.meta.Annotations
	}
	if c.class == "Metadata" || c.class == "Scale" {
		return c, nil
	}
	c.digestAfter, err = digest(after)
	return c, err
}

func readWorkload(kind string, raw []byte) (*workload, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	switch kind {
	case "Deployment":
		var o appsv1.Deployment
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &o.Spec.Template, o.Spec.Replicas}, err
	case "StatefulSet":
		var o appsv1.StatefulSet
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &o.Spec.Template, o.Spec.Replicas}, err
	case "DaemonSet":
		var o appsv1.DaemonSet
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &o.Spec.Template, nil}, err
	case "ReplicaSet":
		var o appsv1.ReplicaSet
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &o.Spec.Template, o.Spec.Replicas}, err
	case "Job":
		var o batchv1.Job
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &o.Spec.Template, o.Spec.Parallelism}, err
	case "CronJob":
		var o batchv1.CronJob
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &o.Spec.JobTemplate.Spec.Template, nil}, err
	case "Pod":
		var o corev1.Pod
		err := json.Unmarshal(raw, &o)
		return &workload{o.ObjectMeta, &corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}, nil}, err
	}
	return nil, fmt.Errorf("%s is no workload", kind)
}

func classify(before, after *workload) string {
	switch {
	case before == nil && after == nil:
		return ""
	case before == nil:
		return "Create"
	case after == nil:
		return "Delete"
	case !equality.Semantic.DeepEqual(withoutRestart(before.template), withoutRestart(after.template)):
		return "Rollout"
	case before.template.Annotations[restartedAt] != after.template.Annotations[restartedAt]:
		return "Restart"
	case !equality.Semantic.DeepEqual(before.replicas, after.replicas):
		return "Scale"
	}
	return "Metadata"
}

// withoutRestart copies only what it changes.
func withoutRestart(template *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	if _, set := template.Annotations[restartedAt]; !set {
		return template
	}
	bare := *template
	bare.Annotations = make(map[string]string, len(template.Annotations))
	for key, value := range template.Annotations {
		if key != restartedAt {
			bare.Annotations[key] = value
		}
	}
	return &bare
}

// digest is over canonical JSON: going through `any` sorts the keys, whatever order the types have.
func digest(w *workload) (string, error) {
	if w == nil {
		return "", nil
	}
	typed, err := json.Marshal(withoutRestart(w.template))
	if err != nil {
		return "", err
	}
	var tree any
	if err := json.Unmarshal(typed, &tree); err != nil {
		return "", err
	}
	canonical, err := json.Marshal(tree)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
