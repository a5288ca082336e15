// Signnote signs the text on its standard input with a new key and golang.org/x/mod/sumdb/note.
//
//	signnote NAME
//
// The first line printed is the verifier key, the rest is the signed note.
package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	must(err)
	private, public, err := note.GenerateKey(rand.Reader, os.Args[1])
	must(err)
	signer, err := note.NewSigner(private)
	must(err)
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	must(err)
	fmt.Printf("%s\n%s", public, signed)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
