// Standard input, PEM: CAs, then a serving certificate. Whether Go, and so the API server, takes it for each name.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"time"
)

func verify(blocks []byte, names []string) error {
	roots := x509.NewCertPool()
	var last *x509.Certificate
	for block, rest := pem.Decode(blocks); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		if last != nil {
			roots.AddCert(last)
		}
		last = certificate
	}
	for _, name := range names {
		if _, err := last.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: time.Now()}); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	blocks, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = verify(blocks, os.Args[1:])
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
