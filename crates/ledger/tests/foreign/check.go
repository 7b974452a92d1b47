// Checks what Sharewell's ledger hands out, with the packages that Go's own checksum database is checked by
// (golang.org/x/mod/sumdb/note and tlog), and makes a tree, proofs and notes for Sharewell to check.
//
// It reads one JSON object from standard input and writes one to standard output. Without a network:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run check.go < cases.json
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type cases struct {
	LogKey     string `json:"log_key"`
	LogSecret  string `json:"log_secret"`
	WitnessKey string `json:"witness_key"`
	Entries    [][]byte
	Receipts   []struct {
		Text  string
		Entry []byte
	}
	Growth []struct {
		Old, New         int64
		OldRoot, NewRoot string
		Proof            []string
	}
	Notes []string
	Text  string
}

type answers struct {
	// For each receipt, growth and note: empty when it is right, else why not.
	Receipts []string `json:"receipts"`
	Growth   []string `json:"growth"`
	Notes    []string `json:"notes"`
	// The roots of the first 0, 1, 2, … entries, and the proofs for the whole tree.
	Roots     []string   `json:"roots"`
	Inclusion [][]string `json:"inclusion"`
	GrownFrom [][]string `json:"grown_from"`
	// The text signed with the secret given, and with a key made here.
	Signed    string `json:"signed"`
	OwnKey    string `json:"own_key"`
	OwnSecret string `json:"own_secret"`
	OwnSigned string `json:"own_signed"`
}

func main() {
	log.SetFlags(0)
	var given cases
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatal("cases: ", err)
	}
	logKey, err := note.NewVerifier(given.LogKey)
	must(err)
	witness, err := newWitness(given.WitnessKey)
	must(err)
	known := note.VerifierList(logKey, witness)

	var out answers
	for _, receipt := range given.Receipts {
		out.Receipts = append(out.Receipts, said(checkReceipt(receipt.Text, receipt.Entry, known, logKey, witness)))
	}
	for _, growth := range given.Growth {
		out.Growth = append(out.Growth, said(checkGrowth(growth.Old, growth.New, growth.OldRoot, growth.NewRoot, growth.Proof)))
	}
	for _, text := range given.Notes {
		_, err := note.Open([]byte(text), note.VerifierList(logKey))
		out.Notes = append(out.Notes, said(err))
	}
	makeTree(given.Entries, &out)
	makeNotes(given.LogSecret, given.Text, &out)
	must(json.NewEncoder(os.Stdout).Encode(out))
}

// A receipt as c2sp.org/tlog-proof describes it: position, hashes, a blank line, the signed checkpoint.
func checkReceipt(text string, entry []byte, known note.Verifiers, logKey, witness note.Verifier) error {
	parts := strings.SplitN(text, "\n\n", 2)
	if len(parts) != 2 {
		return errors.New("no checkpoint")
	}
	lines := strings.Split(parts[0], "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a receipt")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("no position")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return err
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(parts[1]), known)
	if err != nil {
		return err
	}
	signedBy := map[string]bool{}
	for _, signature := range opened.Sigs {
		signedBy[signature.Name] = true
	}
	if !signedBy[logKey.Name()] || !signedBy[witness.Name()] {
		return errors.New("not signed by the ledger and the witness")
	}
	checkpoint := strings.Split(opened.Text, "\n")
	if len(checkpoint) < 4 || checkpoint[0] != logKey.Name() {
		return errors.New("not a checkpoint of this ledger")
	}
	size, err := strconv.ParseInt(checkpoint[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(checkpoint[2])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(proof), size, root, index, tlog.RecordHash(entry))
}

func checkGrowth(old, new int64, oldRoot, newRoot string, proof []string) error {
	hashes, err := parseHashes(append([]string{oldRoot, newRoot}, proof...))
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(hashes[2:]), new, hashes[1], old, hashes[0])
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// The tree as Go stores and proves it.
func makeTree(entries [][]byte, out *answers) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	out.Roots = append(out.Roots, base64.StdEncoding.EncodeToString(sha256.New().Sum(nil)))
	for n, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(n), entry, reader)
		must(err)
		stored = append(stored, hashes...)
		root, err := tlog.TreeHash(int64(n)+1, reader)
		must(err)
		out.Roots = append(out.Roots, root.String())
	}
	size := int64(len(entries))
	for n := int64(0); n < size; n++ {
		inclusion, err := tlog.ProveRecord(size, n, reader)
		must(err)
		out.Inclusion = append(out.Inclusion, texts(inclusion))
		growth, err := tlog.ProveTree(size, n+1, reader)
		must(err)
		out.GrownFrom = append(out.GrownFrom, texts(growth))
	}
}

func texts(hashes []tlog.Hash) []string {
	all := []string{}
	for _, hash := range hashes {
		all = append(all, hash.String())
	}
	return all
}

func makeNotes(secret, text string, out *answers) {
	signer, err := note.NewSigner(secret)
	must(err)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	must(err)
	out.Signed = string(signed)
	out.OwnSecret, out.OwnKey, err = note.GenerateKey(rand.Reader, "made-by-go.example")
	must(err)
	signer, err = note.NewSigner(out.OwnSecret)
	must(err)
	signed, err = note.Sign(&note.Note{Text: text}, signer)
	must(err)
	out.OwnSigned = string(signed)
}

// A witness's key, which Go's note package leaves to others: c2sp.org/tlog-cosignature, Ed25519.
type witnessKey struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func newWitness(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a witness's key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("not an Ed25519 key of a witness")
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	id := binary.BigEndian.Uint32(digest[:4])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return nil, errors.New("the witness's key has another id")
	}
	return &witnessKey{parts[0], id, key[1:]}, nil
}

func (w *witnessKey) Name() string    { return w.name }
func (w *witnessKey) KeyHash() uint32 { return w.id }
func (w *witnessKey) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	var message bytes.Buffer
	fmt.Fprintf(&message, "cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(w.key, message.Bytes(), signature[8:])
}

func said(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
