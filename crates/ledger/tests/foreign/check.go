// Checks what Sharewell's ledger hands out, with the packages that Go's own checksum database is checked by
// (golang.org/x/mod/sumdb/note and tlog), and makes a tree, proofs and notes for Sharewell to check.
//
// By hand, one receipt or one export of a whole ledger, with the keys of its ledger and of the witnesses you know (Debian: apt-get install golang-go
// golang-golang-x-mod-dev; no network is needed):
//
//	export GO111MODULE=off GOPATH=/usr/share/gocode
//	go run check.go RECEIPT-OR-EXPORT LEDGER-KEY [WITNESS-KEY ...]
//
// Without arguments it reads one JSON object from standard input and writes one to standard output, for the tests.
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
	"time"

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
	if len(os.Args) > 1 {
		byHand(os.Args[1:])
		return
	}
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
		out.Receipts = append(out.Receipts, said(checkWitnessed(receipt.Text, receipt.Entry, known, logKey, witness)))
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

// One receipt or export, as a reader would check it who has got the keys from somebody they trust.
func byHand(arguments []string) {
	if len(arguments) < 2 {
		log.Fatal("check RECEIPT-OR-EXPORT LEDGER-KEY [WITNESS-KEY ...]")
	}
	text, err := os.ReadFile(arguments[0])
	must(err)
	logKey, err := note.NewVerifier(arguments[1])
	must(err)
	known := []note.Verifier{logKey}
	for _, key := range arguments[2:] {
		witness, err := newWitness(key)
		must(err)
		known = append(known, witness)
	}
	if strings.HasPrefix(string(text), exportFirst+"\n") {
		said, err := checkExport(string(text), note.VerifierList(known...), logKey)
		if err != nil {
			log.Fatal("refused: ", err)
		}
		fmt.Print(said)
		return
	}
	proved, err := checkReceipt(string(text), nil, note.VerifierList(known...), logKey)
	if err != nil {
		log.Fatal("refused: ", err)
	}
	micros := int64(binary.BigEndian.Uint64(proved.entry[17:25]))
	fmt.Printf("entry %x is at position %d (from 0) of %d in %s\n", proved.entry[1:17], proved.index, proved.size, logKey.Name())
	fmt.Printf("recorded %s, as its keeper says\n", time.UnixMicro(micros).UTC().Format(time.RFC3339Nano))
	fmt.Print(seenBy(proved.signatures, logKey))
}

func seenBy(signatures []note.Signature, logKey note.Verifier) string {
	var said strings.Builder
	for _, signature := range signatures {
		if signature.Name != logKey.Name() {
			raw, err := base64.StdEncoding.DecodeString(signature.Base64)
			must(err)
			seconds := int64(binary.BigEndian.Uint64(raw[4:12]))
			fmt.Fprintf(&said, "seen by %s on %s\n", signature.Name, time.Unix(seconds, 0).UTC().Format(time.RFC3339))
		}
	}
	return said.String()
}

type proved struct {
	entry       []byte
	index, size int64
	signatures  []note.Signature
}

// A receipt as c2sp.org/tlog-proof describes it: extra data, position, hashes, a blank line, the signed checkpoint. The
// entry is the extra data unless one is given.
func checkReceipt(text string, entry []byte, known note.Verifiers, logKey note.Verifier) (*proved, error) {
	parts := strings.SplitN(text, "\n\n", 2)
	if len(parts) != 2 {
		return nil, errors.New("no checkpoint")
	}
	lines := strings.Split(parts[0], "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a receipt")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[0], "extra "))
		if err != nil {
			return nil, err
		}
		if entry == nil {
			entry = extra
		}
		lines = lines[1:]
	}
	if len(entry) != 89 || entry[0] != 1 {
		return nil, errors.New("no entry")
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return nil, errors.New("no position")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return nil, err
	}
	// Open refuses a note whose known signatures are not right.
	opened, err := note.Open([]byte(parts[1]), known)
	if err != nil {
		return nil, err
	}
	if !signedBy(opened.Sigs, logKey) {
		return nil, errors.New("not signed by the ledger")
	}
	checkpoint := strings.Split(opened.Text, "\n")
	if len(checkpoint) < 4 || checkpoint[0] != logKey.Name() {
		return nil, errors.New("not a checkpoint of this ledger")
	}
	size, err := strconv.ParseInt(checkpoint[1], 10, 64)
	if err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(checkpoint[2])
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckRecord(tlog.RecordProof(proof), size, root, index, tlog.RecordHash(entry)); err != nil {
		return nil, err
	}
	return &proved{entry, index, size, opened.Sigs}, nil
}

const exportFirst = "sharewell ledger export v1"

// A whole ledger, as docs/ledger.md describes it: so many checkpoints, each a signed note after a blank line, then after another so
// many entries in base64. It goes by one name here; one that was restored goes on under a second, with a key of its own.
func checkExport(text string, known note.Verifiers, logKey note.Verifier) (string, error) {
	parts := strings.Split(text, "\n\n")
	count, err := strconv.Atoi(strings.TrimPrefix(parts[0], exportFirst+"\ncheckpoints "))
	if err != nil || count < 1 || len(parts) != 2*count+2 {
		return "", errors.New("not so many checkpoints as it says")
	}
	lines := strings.Split(strings.TrimSuffix(parts[2*count+1], "\n"), "\n")
	if lines[0] != fmt.Sprintf("entries %d", len(lines)-1) {
		return "", errors.New("not so many entries as it says")
	}
	var entries [][]byte
	for _, line := range lines[1:] {
		entry, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(entry) != 89 || entry[0] != 1 {
			return "", errors.New("no entry")
		}
		entries = append(entries, entry)
	}
	var tree answers
	makeTree(entries, &tree)
	covered, last := 0, []note.Signature(nil)
	for n := 0; n < count; n++ {
		signed := parts[2*n+1] + "\n\n" + parts[2*n+2] + "\n"
		opened, err := note.Open([]byte(signed), known)
		if err != nil {
			return "", err
		}
		if !signedBy(opened.Sigs, logKey) {
			return "", errors.New("not signed by the ledger")
		}
		checkpoint := strings.Split(opened.Text, "\n")
		if len(checkpoint) < 4 || checkpoint[0] != logKey.Name() {
			return "", errors.New("not a checkpoint of this ledger")
		}
		size, err := strconv.Atoi(checkpoint[1])
		if err != nil || size > len(entries) || tree.Roots[size] != checkpoint[2] {
			return "", fmt.Errorf("the entries are not those of the checkpoint of %s", checkpoint[1])
		}
		if size > covered {
			covered = size
		}
		last = opened.Sigs
	}
	if covered != len(entries) {
		return "", errors.New("the last entries are not signed")
	}
	said := fmt.Sprintf("%d entries of %s, all under %d checkpoints\n", covered, logKey.Name(), count)
	return said + seenBy(last, logKey), nil
}

func checkWitnessed(text string, entry []byte, known note.Verifiers, logKey, witness note.Verifier) error {
	proved, err := checkReceipt(text, entry, known, logKey)
	if err == nil && !signedBy(proved.signatures, witness) {
		err = errors.New("not signed by the witness")
	}
	return err
}

func signedBy(signatures []note.Signature, key note.Verifier) bool {
	for _, signature := range signatures {
		if signature.Name == key.Name() && signature.Hash == key.KeyHash() {
			return true
		}
	}
	return false
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
	seconds := binary.BigEndian.Uint64(signature)
	var message bytes.Buffer
	fmt.Fprintf(&message, "cosignature/v1\ntime %d\n%s", seconds, text)
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
