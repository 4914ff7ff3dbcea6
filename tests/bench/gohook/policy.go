package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// policy is the part of a ChangePolicy that the bench uses.
type policy struct {
	Metadata struct{ Name string }
	Spec     struct {
		NamespaceSelector metav1.LabelSelector
		Approval          struct {
			IDPattern string
			Minimum   int
		}
		ChangeDocument struct {
			Required bool
			URLs     []string
		}
		FreezeWindows []freezeWindow
	}

	selector    labels.Selector
	idPattern   *regexp.Regexp
	urlPrefixes []string
}

type freezeWindow struct {
	Name, Action, Reason, TimeZone string
	Once                           []struct{ Start, End string }

	spans []span
}

type span struct{ start, end time.Time }

// needs says which classes of change need an approval, and which stop at a freeze: the defaults of changegate.
var needs = map[string]struct{ approval, freeze bool }{
	"Create":  {approval: true, freeze: true},
	"Rollout": {approval: true, freeze: true},
	"Restart": {freeze: true},
	"Delete":  {freeze: true},
}

func readPolicy(file string) (*policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var p policy
	if err := yaml.Unmarshal(text, &p); err != nil {
		return nil, err
	}
	if p.selector, err = metav1.LabelSelectorAsSelector(&p.Spec.NamespaceSelector); err != nil {
		return nil, err
	}
	if p.idPattern, err = regexp.Compile(p.Spec.Approval.IDPattern); err != nil {
		return nil, err
	}
	for _, url := range p.Spec.ChangeDocument.URLs {
		p.urlPrefixes = append(p.urlPrefixes, strings.TrimSuffix(url, "*"))
	}
	for i := range p.Spec.FreezeWindows {
		if err := p.Spec.FreezeWindows[i].resolve(); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

// resolve turns the window's local times into instants.
func (w *freezeWindow) resolve() error {
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		return err
	}
	for _, once := range w.Once {
		start, err := time.ParseInLocation("2006-01-02T15:04:05", once.Start, zone)
		if err != nil {
			return fmt.Errorf("window %s: %w", w.Name, err)
		}
		end, err := time.ParseInLocation("2006-01-02T15:04:05", once.End, zone)
		if err != nil {
			return fmt.Errorf("window %s: %w", w.Name, err)
		}
		w.spans = append(w.spans, span{start, end})
	}
	return nil
}

// closedBy finds the window that stops changes now.
func (p *policy) closedBy(now time.Time) (*freezeWindow, time.Time) {
	for i := range p.Spec.FreezeWindows {
		w := &p.Spec.FreezeWindows[i]
		for _, s := range w.spans {
			if !now.Before(s.start) && now.Before(s.end) {
				return w, s.end
			}
		}
	}
	return nil, time.Time{}
}

func readNamespaces(file string) (map[string]map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	documents := bytes.Split(text, []byte("---\n"))
	known := make(map[string]map[string]string, len(documents))
	for _, document := range documents {
		var ns corev1.Namespace
		if err := json.Unmarshal(document, &ns); err != nil {
			return nil, err
		}
		known[ns.Name] = ns.Labels
	}
	return known, nil
}
