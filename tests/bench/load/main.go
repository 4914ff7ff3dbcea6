// Command load sends one admission review over and over on TLS 1.3 keep-alive connections, as the API server does, and
// reports what the server made of it as one JSON object on standard output.
//
// It checks every answer, and it reads the server's CPU time itself, between warm-up and end, so that neither
// handshakes nor its own start count.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

type report struct {
	Requests   int     `json:"requests"`
	Seconds    float64 `json:"seconds"`
	PerSecond  float64 `json:"per_second"`
	P50Us      float64 `json:"p50_us"`
	P99Us      float64 `json:"p99_us"`
	CPUUs      float64 `json:"cpu_us"` // of the server, for each request
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`
}

type options struct {
	address     string
	path        string
	review      []byte
	expect      expectation
	connections int
	requests    int
	duration    time.Duration
	warmUp      time.Duration
	pid         int
	tls         *tls.Config
}

func main() {
	log.SetFlags(0)
	o, err := readOptions()
	if err != nil {
		log.Fatalf("load: %v", err)
	}
	r, err := run(o)
	if err != nil {
		log.Fatalf("load: %v", err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		log.Fatalf("load: %v", err)
	}
	if r.Errors > 0 {
		log.Fatalf("load: %d of %d requests failed, first: %s", r.Errors, r.Requests, r.FirstError)
	}
}

func readOptions() (*options, error) {
	o := &options{}
	flag.StringVar(&o.address, "address", "", "`HOST:PORT` of the server")
	flag.StringVar(&o.path, "path", "/validate", "where reviews are sent")
	flag.IntVar(&o.connections, "connections", 8, "connections, each with one request under way")
	flag.IntVar(&o.requests, "requests", 0, "stop after so many requests (0: by time)")
	flag.DurationVar(&o.duration, "duration", 5*time.Second, "stop after this time")
	flag.DurationVar(&o.warmUp, "warm-up", 500*time.Millisecond, "load that does not count, before")
	flag.IntVar(&o.pid, "pid", 0, "the server's process, to measure its CPU time")
	review := flag.String("review", "", "`FILE` with the review; its uid is replaced in each request")
	authority := flag.String("ca", "", "`FILE` with the server's certificate")
	verdict := flag.String("expect", "allowed", "allowed, denied, or constant: any answer with the bench's own uid")
	flag.Parse()

	var err error
	if o.expect, err = parseExpectation(*verdict); err != nil {
		return nil, err
	}
	if o.review, err = os.ReadFile(*review); err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(*authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in it", *authority)
	}
	host, _, err := net.SplitHostPort(o.address)
	o.tls = &tls.Config{
		RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"},
	}
	return o, err
}

// phase is one stretch of load: all connections send until it is over.
type phase struct {
	until     time.Time
	perClient int // 0: no limit
	latencies [][]time.Duration
	errors    []error
}

func run(o *options) (*report, error) {
	clients := make([]*client, o.connections)
	for i := range clients {
		c, err := dial(o, i)
		if err != nil {
			return nil, err
		}
		defer c.close()
		clients[i] = c
	}
	if warm := send(clients, &phase{until: time.Now().Add(o.warmUp)}); len(warm.errors) > 0 {
		return nil, fmt.Errorf("warming up: %w", warm.errors[0])
	}
	before, err := cpuTime(o.pid)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p := &phase{until: began.Add(o.duration)}
	if o.requests > 0 {
		p.perClient = max(1, o.requests/o.connections)
		p.until = began.Add(time.Hour)
	}
	send(clients, p)
	took := time.Since(began)
	after, err := cpuTime(o.pid)
	if err != nil {
		return nil, err
	}
	return p.report(took, after-before), nil
}

func send(clients []*client, p *phase) *phase {
	p.latencies = make([][]time.Duration, len(clients))
	failures := make([]error, len(clients))
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() { p.latencies[i], failures[i] = c.sendUntil(p.until, p.perClient) })
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			p.errors = append(p.errors, err)
		}
	}
	return p
}

func (p *phase) report(took, cpu time.Duration) *report {
	all := slices.Concat(p.latencies...)
	slices.Sort(all)
	r := &report{Requests: len(all) + len(p.errors), Seconds: took.Seconds(), Errors: len(p.errors)}
	if len(p.errors) > 0 {
		r.FirstError = p.errors[0].Error()
	}
	if len(all) == 0 {
		return r
	}
	r.PerSecond = float64(len(all)) / took.Seconds()
	r.P50Us = microseconds(all[len(all)/2])
	r.P99Us = microseconds(all[len(all)*99/100])
	r.CPUUs = microseconds(cpu) / float64(len(all))
	return r
}

func microseconds(d time.Duration) float64 {
	return float64(d.Nanoseconds()) / 1e3
}
