package main

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"
)

// pollingConn asks for bytes over and over instead of sleeping until they come. A server that answers a client which
// sleeps pays for waking it: on a virtual machine some seven microseconds of CPU time, as much as the bare handler
// takes for a whole request. A server that keeps its client busy, as only the bare handler does, would not pay.
type pollingConn struct {
	*net.TCPConn // for the addresses, and to close
	descriptor   *os.File
	fd           int
	deadline     time.Time
}

const pollsBetweenClocks = 1024

func newPollingConn(tcp *net.TCPConn) (*pollingConn, error) {
	descriptor, err := tcp.File() // a copy that the runtime's poller does not know
	if err != nil {
		return nil, err
	}
	fd := int(descriptor.Fd())
	return &pollingConn{TCPConn: tcp, descriptor: descriptor, fd: fd}, syscall.SetNonblock(fd, true)
}

func (c *pollingConn) Read(into []byte) (int, error) {
	n, err := c.try(func() (int, error) { return syscall.Read(c.fd, into) })
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return n, err
}

func (c *pollingConn) Write(from []byte) (int, error) {
	for written := 0; ; {
		n, err := c.try(func() (int, error) { return syscall.Write(c.fd, from[written:]) })
		if written += max(n, 0); err != nil || written == len(from) {
			return written, err
		}
	}
}

func (c *pollingConn) try(call func() (int, error)) (int, error) {
	for polls := 1; ; polls++ {
		n, err := call()
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR) {
			return 0, err
		}
		if polls%pollsBetweenClocks == 0 && !c.deadline.IsZero() && time.Now().After(c.deadline) {
			return 0, os.ErrDeadlineExceeded
		}
		runtime.Gosched()
	}
}

func (c *pollingConn) SetDeadline(t time.Time) error {
	c.deadline = t
	return nil
}

func (c *pollingConn) Close() error {
	return errors.Join(c.descriptor.Close(), c.TCPConn.Close())
}
