// Command gohook is the admission webhook that a user would otherwise write by hand: net/http, encoding/json, the
// typed objects of k8s.io/api, and the rules of changegate's policy file that act on a workload change. The bench
// measures changegate against it; it is no part of the product.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
)

const bodyBytesMost = 8 << 20

type gate struct {
	policy     *policy
	namespaces map[string]map[string]string
	decisions  *json.Encoder
}

func main() {
	log.SetFlags(0)
	policyFile := flag.String("policy", "", "policy `FILE`")
	namespacesFile := flag.String("namespaces", "", "`FILE` with namespaces, documents behind ---")
	certificate := flag.String("tls-cert", "", "certificate `FILE`")
	key := flag.String("tls-key", "", "key `FILE`")
	flag.Parse()

	policy, err := readPolicy(*policyFile)
	if err != nil {
		log.Fatalf("error %s: %v", *policyFile, err)
	}
	namespaces, err := readNamespaces(*namespacesFile)
	if err != nil {
		log.Fatalf("error %s: %v", *namespacesFile, err)
	}
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatalf("error %v", err)
	}
	g := &gate{policy: policy, namespaces: namespaces, decisions: json.NewEncoder(os.Stdout)}

	health := http.NewServeMux()
	health.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	go func() { log.Fatal(http.Serve(listen("metrics on http"), health)) }()

	admission := http.NewServeMux()
	admission.HandleFunc("POST /validate", g.validate)
	server := &http.Server{
		Handler:     admission,
		IdleTimeout: 2 * time.Minute,
		ReadTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{
			Certificates:           []tls.Certificate{pair},
			MinVersion:             tls.VersionTLS13,
			NextProtos:             []string{"http/1.1"},
			SessionTicketsDisabled: true,
		},
	}
	listener := listen("listening on https")
	log.Fatal(server.ServeTLS(listener, "", ""))
}

func listen(what string) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("error %v", err)
	}
	log.Printf("info %s://%s", what, listener.Addr())
	return listener
}

func (g *gate) validate(w http.ResponseWriter, r *http.Request) {
	received := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMost))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &review); err != nil || review.Request == nil {
		http.Error(w, fmt.Sprintf("not an AdmissionReview: %v", err), http.StatusBadRequest)
		return
	}
	c, err := readChange(review.Request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v := g.decide(c, received)
	answer := admissionv1.AdmissionReview{TypeMeta: review.TypeMeta, Response: v.response(c, review.Request.UID)}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Printf("warning answer not written: %v", err)
		return
	}
	g.decisions.Encode(v.logLine(c, review.Request, received))
}
