// Checklog checks a log that stands in a directory as c2sp.org/tlog-tiles files, with
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog and none of the code that wrote it.
//
//	checklog DIR
//
// DIR holds log.vkey, witness.vkeys (one a line), checkpoint, tile/…, and proofs.json with the proofs
// to be checked. The whole tree is built anew from the entries, its root compared with the signed
// one and every tile with the file; every proof is checked, and compared with the one that a client
// reading the tiles makes.
//
// The tree is built anew because tlog.TileHashReader before x/mod v0.40.0 leaves some tiles unverified
// (CVE-2026-56865), and Debian's package is older.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Index, Size int64
		Root        string
		Hashes      []string
	}
	Consistency []struct {
		Old, Size     int64
		OldRoot, Root string
		Hashes        []string
	}
}

// witness verifies c2sp.org/tlog-cosignature, which package note does not know.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(w.key, []byte(message), sig[8:])
}

// files reads tiles from the directory; Go's paths name the height of a tile, tlog-tiles' do not.
type files struct{ dir string }

func (f files) Height() int                         { return 8 }
func (f files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		content, err := os.ReadFile(filepath.Join(f.dir, path))
		if err != nil {
			return nil, err
		}
		data = append(data, content)
	}
	return data, nil
}

func main() {
	dir := os.Args[1]
	tree, signatures := openCheckpoint(dir)
	checkTiles(dir, tree, rebuilt(dir, tree))
	counted := checkProofs(dir, tree, tlog.TileHashReader(tree, files{dir}))
	fmt.Printf("%d entries, %d signatures, %d proofs\n", tree.N, signatures, counted)
}

func openCheckpoint(dir string) (tlog.Tree, int) {
	vkey := strings.TrimSpace(string(read(dir, "log.vkey")))
	log, err := note.NewVerifier(vkey)
	must("log.vkey", err)
	known := []note.Verifier{log}
	for _, line := range strings.Fields(string(read(dir, "witness.vkeys"))) {
		known = append(known, newWitness(line))
	}
	opened, err := note.Open(read(dir, "checkpoint"), note.VerifierList(known...))
	must("checkpoint", err)
	if len(opened.Sigs) != len(known) {
		fail("checkpoint", fmt.Sprintf("%d of %d known keys signed", len(opened.Sigs), len(known)))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() {
		fail("checkpoint", "not three lines under the log's own name")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must("checkpoint size", err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}, len(opened.Sigs)
}

func newWitness(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must("witness key", err)
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	id := binary.BigEndian.Uint32(digest[:])
	if key[0] != 4 || fmt.Sprintf("%08x", id) != parts[1] {
		fail("witness key", "not a cosignature key with its own key ID")
	}
	return witness{parts[0], id, ed25519.PublicKey(key[1:])}
}

// rebuilt makes the tree from the entries alone and compares its root with the signed one.
func rebuilt(dir string, tree tlog.Tree) tlog.HashReader {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for n := int64(0); n < tree.N; n += 256 {
		for i, entry := range bundle(dir, n/256, tree.N-n) {
			added, err := tlog.StoredHashes(n+int64(i), entry, reader)
			must("entries", err)
			stored = append(stored, added...)
		}
	}
	root, err := tlog.TreeHash(tree.N, reader)
	must("entries", err)
	if root != tree.Hash {
		fail("entries", "they do not lead to the signed root")
	}
	return reader
}

func bundle(dir string, n, left int64) [][]byte {
	width := 256
	if left < 256 {
		width = int(left)
	}
	path := "tile/entries/" + strings.TrimPrefix(tlog.Tile{H: 8, L: -1, N: n, W: width}.Path(), "tile/8/data/")
	content := read(dir, path)
	var entries [][]byte
	for len(content) > 0 {
		length := int(binary.BigEndian.Uint16(content))
		entries = append(entries, content[2:2+length])
		content = content[2+length:]
	}
	if len(entries) != width {
		fail(path, "does not hold as many entries as its name says")
	}
	return entries
}

// checkTiles compares every tile file with the tile of the rebuilt tree, byte for byte. Package tlog
// lists partial tiles of every width up to the last; tlog-tiles asks for the last alone.
func checkTiles(dir string, tree tlog.Tree, reader tlog.HashReader) {
	for _, tile := range tlog.NewTiles(8, 0, tree.N) {
		if last := tree.N >> (8 * tile.L) & 255; tile.W != 256 && int64(tile.W) != last {
			continue
		}
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		want, err := tlog.ReadTileData(tile, reader)
		must(path, err)
		if !bytes.Equal(want, read(dir, path)) {
			fail(path, "not the tile that Go makes")
		}
	}
}

func checkProofs(dir string, tree tlog.Tree, reader tlog.HashReader) int {
	var given proofs
	must("proofs.json", json.Unmarshal(read(dir, "proofs.json"), &given))
	for _, p := range given.Inclusion {
		thing := fmt.Sprintf("inclusion proof of %d in %d", p.Index, p.Size)
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, p.Index)})
		must(thing, err)
		must(thing, tlog.CheckRecord(hashes(p.Hashes), p.Size, hash(p.Root), p.Index, leaf[0]))
		own, err := tlog.ProveRecord(p.Size, p.Index, reader)
		must(thing, err)
		same(thing, own, hashes(p.Hashes))
		root(thing, p.Size, p.Root, reader)
	}
	for _, p := range given.Consistency {
		thing := fmt.Sprintf("consistency proof from %d to %d", p.Old, p.Size)
		must(thing, tlog.CheckTree(hashes(p.Hashes), p.Size, hash(p.Root), p.Old, hash(p.OldRoot)))
		own, err := tlog.ProveTree(p.Size, p.Old, reader)
		must(thing, err)
		same(thing, own, hashes(p.Hashes))
		root(thing, p.Old, p.OldRoot, reader)
	}
	return len(given.Inclusion) + len(given.Consistency)
}

func root(thing string, size int64, want string, reader tlog.HashReader) {
	own, err := tlog.TreeHash(size, reader)
	must(thing, err)
	if own != hash(want) {
		fail(thing, "the root is another")
	}
}

func same(thing string, own, given []tlog.Hash) {
	if len(own) != len(given) {
		fail(thing, "another length than Go's own proof")
	}
	for i := range own {
		if own[i] != given[i] {
			fail(thing, "not the proof that Go makes")
		}
	}
}

func hashes(texts []string) []tlog.Hash {
	list := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		list[i] = hash(text)
	}
	return list
}

func hash(text string) tlog.Hash {
	parsed, err := tlog.ParseHash(text)
	must("hash "+text, err)
	return parsed
}

func read(dir, name string) []byte {
	content, err := os.ReadFile(filepath.Join(dir, name))
	must(name, err)
	return content
}

func must(thing string, err error) {
	if err != nil {
		fail(thing, err.Error())
	}
}

func fail(thing, rule string) {
	fmt.Printf("%s: %s\n", thing, rule)
	os.Exit(1)
}
