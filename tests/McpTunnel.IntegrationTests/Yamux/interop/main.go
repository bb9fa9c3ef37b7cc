// The other side of the yamux interoperability tests: HashiCorp's own implementation, over one TCP connection.
//
// It serves the streams that the test opens, by the verb on a stream's first line, and opens streams itself on command. Commands come one a
// line on standard input; each is answered with one line, "ok …" or "error: …", on standard output.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/yamux"
)

const patience = 60 * time.Second

var (
	session *yamux.Session
	paused  int32
	held    net.Conn
)

func main() {
	// interop <address> client|server <accept backlog>
	conn, err := net.Dial("tcp", os.Args[1])
	exitOn(err)
	config := yamux.DefaultConfig()
	config.AcceptBacklog, err = strconv.Atoi(os.Args[3])
	exitOn(err)
	if os.Args[2] == "client" {
		session, err = yamux.Client(conn, config)
	} else {
		session, err = yamux.Server(conn, config)
	}
	exitOn(err)
	go accept()
	fmt.Println("ok ready")

	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		verb, count := split(commands.Text())
		answer, err := command(verb, count)
		if err != nil {
			fmt.Println("error:", err)
		} else {
			fmt.Println("ok", answer)
		}
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func split(line string) (string, int) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return line, 0
	}
	count, _ := strconv.Atoi(words[1])
	return words[0], count
}

func command(verb string, count int) (interface{}, error) {
	switch verb {
	case "echo":
		return "", echo(count)
	case "bulk":
		return "", bulk(count)
	case "sum":
		return sum(count)
	case "reset":
		return "", reset()
	case "hold":
		return "", hold()
	case "use":
		return "", use(held, count)
	case "many":
		for i := 0; i < count; i++ {
			if err := echo(100); err != nil {
				return "", err
			}
		}
		return "", nil
	case "ping":
		_, err := session.Ping()
		return "", err
	case "goaway":
		return "", session.GoAway()
	case "pause":
		atomic.StoreInt32(&paused, 1)
		return "", nil
	case "streams":
		return session.NumStreams(), nil
	case "close":
		return "", session.Close()
	default:
		return "", errors.New("unknown command " + verb)
	}
}

// The streams that this side opens.

func open(line string) (net.Conn, error) {
	stream, err := session.Open()
	if err != nil {
		return nil, err
	}
	stream.SetDeadline(time.Now().Add(patience))
	_, err = stream.Write([]byte(line + "\n"))
	return stream, err
}

func echo(count int) error {
	stream, err := open("echo")
	if err != nil {
		return err
	}
	if err := use(stream, count); err != nil {
		return err
	}
	return finish(stream)
}

// use sends count bytes and expects them back.
func use(stream net.Conn, count int) error {
	sent := make(chan error, 1)
	go func() { sent <- write(stream, count) }()
	if err := expect(stream, count); err != nil {
		return err
	}
	return <-sent
}

func bulk(count int) error {
	stream, err := open(fmt.Sprintf("bulk %d", count))
	if err != nil {
		return err
	}
	if err := use(stream, count); err != nil {
		return err
	}
	return finish(stream)
}

// sum ends this side's half and only then gets its answer.
func sum(count int) (string, error) {
	stream, err := open("sum")
	if err != nil {
		return "", err
	}
	if err := write(stream, count); err != nil {
		return "", err
	}
	if err := stream.Close(); err != nil {
		return "", err
	}
	answer := make([]byte, 0, 64)
	for end := time.Now().Add(patience); len(answer) < 64; {
		part := make([]byte, 64-len(answer))
		n, err := stream.Read(part)
		answer = append(answer, part[:n]...)
		if err == io.EOF && time.Now().Before(end) {
			// This version says EOF on a stream that it has closed itself as long as nothing is buffered, though more may come.
			time.Sleep(time.Millisecond)
		} else if err != nil {
			return "", err
		}
	}
	return string(answer), nil
}

func reset() error {
	stream, err := open("reset")
	if err != nil {
		return err
	}
	_, err = stream.Read(make([]byte, 1))
	if err == yamux.ErrConnectionReset {
		return nil
	}
	return fmt.Errorf("expected a reset, got %v", err)
}

// hold keeps an echo stream open for later use.
func hold() (err error) {
	held, err = open("echo")
	return err
}

func finish(stream net.Conn) error {
	if err := stream.Close(); err != nil {
		return err
	}
	return nil
}

// The streams that the test opens.

func accept() {
	for {
		for atomic.LoadInt32(&paused) == 1 {
			time.Sleep(time.Millisecond)
		}
		stream, err := session.Accept()
		if err != nil {
			return
		}
		go serve(stream)
	}
}

func serve(stream net.Conn) {
	defer stream.Close()
	verb, count := split(readLine(stream))
	switch verb {
	case "echo":
		io.Copy(stream, stream)
	case "bulk":
		go write(stream, count)
		if err := expect(stream, count); err != nil {
			fmt.Fprintln(os.Stderr, "[ERR] bulk:", err)
		}
		// The test ends first, so that nothing is cut.
		io.Copy(io.Discard, stream)
	case "sum":
		hash := sha256.New()
		io.Copy(hash, stream)
		stream.Write([]byte(hex.EncodeToString(hash.Sum(nil))))
	case "hold":
		_, err := stream.Read(make([]byte, 1))
		fmt.Fprintln(os.Stderr, "hold:", err)
	}
}

func readLine(stream net.Conn) string {
	var line []byte
	one := make([]byte, 1)
	for {
		if _, err := io.ReadFull(stream, one); err != nil || one[0] == '\n' {
			return string(line)
		}
		line = append(line, one[0])
	}
}

// The bytes both sides send: known without being stored.

func pattern(offset int, part []byte) {
	for i := range part {
		at := offset + i
		part[i] = byte(at ^ (at >> 8) ^ (at >> 16))
	}
}

func write(stream net.Conn, count int) error {
	part := make([]byte, 50000)
	for sent := 0; sent < count; {
		if count-sent < len(part) {
			part = part[:count-sent]
		}
		pattern(sent, part)
		n, err := stream.Write(part)
		if err != nil {
			return err
		}
		sent += n
	}
	return nil
}

func expect(stream net.Conn, count int) error {
	part := make([]byte, 50000)
	want := make([]byte, 50000)
	for received := 0; received < count; {
		n, err := stream.Read(part[:min(len(part), count-received)])
		if err != nil {
			return fmt.Errorf("after %d bytes: %w", received, err)
		}
		pattern(received, want[:n])
		if string(part[:n]) != string(want[:n]) {
			return fmt.Errorf("wrong bytes behind %d", received)
		}
		received += n
	}
	return nil
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
