package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// placeholder is the uid in the review files, and in the answers of a server that answers a constant.
const placeholder = "00000000-0000-4000-8000-000000000000"

const requestTimeout = 10 * time.Second

type expectation int

const (
	expectAllowed expectation = iota
	expectDenied
	expectConstant
)

func parseExpectation(word string) (expectation, error) {
	switch word {
	case "allowed":
		return expectAllowed, nil
	case "denied":
		return expectDenied, nil
	case "constant":
		return expectConstant, nil
	}
	return 0, fmt.Errorf("-expect is allowed, denied or constant, not %q", word)
}

// client is one connection. It writes HTTP/1.1 by hand: the measured machine also runs the server, and net/http would
// take more of it than some of the servers do.
type client struct {
	connection net.Conn
	reader     *bufio.Reader
	request    []byte // header and body, ready to be sent
	uid        []byte // within request
	serial     uint64
	expect     expectation
	answer     []byte
}

func dial(o *options, number int) (*client, error) {
	tcp, err := net.Dial("tcp", o.address)
	if err != nil {
		return nil, err
	}
	polling, err := newPollingConn(tcp.(*net.TCPConn))
	if err != nil {
		return nil, err
	}
	connection := tls.Client(polling, o.tls)
	if err := connection.Handshake(); err != nil {
		return nil, err
	}
	header := fmt.Sprintf("POST %s?timeout=3s HTTP/1.1\r\nHost: %s\r\n"+
		"User-Agent: kube-apiserver-admission\r\nContent-Length: %d\r\nAccept: application/json, */*\r\n"+
		"Content-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n", o.path, o.address, len(o.review))
	c := &client{connection: connection, reader: bufio.NewReaderSize(connection, 16<<10),
		request: append([]byte(header), o.review...), expect: o.expect, serial: uint64(number) << 32}
	at := bytes.Index(c.request, []byte(placeholder))
	if at < 0 || bytes.Count(c.request, []byte(placeholder)) != 1 {
		return nil, errors.New("the review must hold the uid " + placeholder + " once")
	}
	c.uid = c.request[at : at+len(placeholder)]
	return c, nil
}

func (c *client) close() {
	c.connection.Close()
}

// sendUntil returns the latencies; it stops at the first failure, which a keep-alive connection rarely survives.
func (c *client) sendUntil(until time.Time, most int) ([]time.Duration, error) {
	var latencies []time.Duration
	for now := time.Now(); now.Before(until) && (most == 0 || len(latencies) < most); {
		if err := c.exchange(now); err != nil {
			return latencies, err
		}
		after := time.Now()
		latencies = append(latencies, after.Sub(now))
		now = after
	}
	return latencies, nil
}

func (c *client) exchange(now time.Time) error {
	c.serial++
	for i, digits := len(c.uid)-1, c.serial; digits > 0; i, digits = i-1, digits>>4 {
		if c.uid[i] == '-' {
			i--
		}
		c.uid[i] = "0123456789abcdef"[digits&15]
	}
	if err := c.connection.SetDeadline(now.Add(requestTimeout)); err != nil {
		return err
	}
	if _, err := c.connection.Write(c.request); err != nil {
		return err
	}
	if err := c.readAnswer(); err != nil {
		return err
	}
	return c.check()
}

func (c *client) readAnswer() error {
	length := -1
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("answered %q", line)
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		if bytes.EqualFold(name, []byte("content-length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without Content-Length")
	}
	if cap(c.answer) < length {
		c.answer = make([]byte, length)
	}
	c.answer = c.answer[:length]
	_, err := io.ReadFull(c.reader, c.answer)
	return err
}

var (
	allowed = []byte(`"allowed":true`)
	denied  = []byte(`"allowed":false`)
)

// check looks for bytes rather than parsing: an answer of the servers here is compact JSON.
func (c *client) check() error {
	uid, verdict := c.uid, allowed
	switch c.expect {
	case expectDenied:
		verdict = denied
	case expectConstant:
		uid = []byte(placeholder)
	}
	if !bytes.Contains(c.answer, uid) {
		return fmt.Errorf("an answer without the uid %s: %s", uid, c.answer)
	}
	if !bytes.Contains(c.answer, verdict) {
		return fmt.Errorf("the wrong verdict: %s", c.answer)
	}
	return nil
}
