package gatelet

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const slow = `{"dev_mode": true, "log": "debug", "providers": {"dev": {"token_delay": 0.02}}}`
const hello = `{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}`

func client(t *testing.T, config string) *Client {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestCall(t *testing.T) {
	c := client(t, slow)
	answer, err := c.Call(context.Background(), Chat, hello, "")
	if err != nil || !strings.Contains(answer, "You said: hello.") {
		t.Fatal(answer, err)
	}
	var failed *Error
	if _, err := c.Call(context.Background(), Chat, "{", ""); !errors.As(err, &failed) || failed.Kind != "json" {
		t.Fatal(err)
	}
	if _, err := New(`{"unknown": 1}`); !errors.As(err, &failed) || failed.Kind != "config" || !strings.Contains(failed.Message, "unknown") {
		t.Fatal(err)
	}
}

// A context that ends in the provider's silence ends the stream, and so does closing the client.
func TestEndings(t *testing.T) {
	silent := `{"dev_mode": true, "providers": {"dev": {"faults": {"stall_at_chunk": 3}}}}`
	c := client(t, silent)
	ctx, cancel := context.WithCancel(context.Background())
	first, _ := c.Stream(ctx, ChatStream, hello, "")
	second, _ := c.Stream(context.Background(), ChatStream, hello, "")
	<-first.Events
	<-second.Events
	cancel()
	for range first.Events {
	}
	if !errors.Is(first.Err(), context.Canceled) {
		t.Fatal(first.Err())
	}
	go c.Close()
	for range second.Events {
	}
	if second.Err() == nil {
		t.Fatal("no error after Close")
	}
	if _, err := c.Stream(context.Background(), ChatStream, hello, ""); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

// Readers that begin late lose nothing.
func TestSlowReader(t *testing.T) {
	c := client(t, `{"dev_mode": true, "providers": {"dev": {"token_delay": 0}}}`)
	many := `{"model": "openai/gpt-4o-mini", "n": 4, "prompt": ["a", "b", "c", "d", "e", "f", "g", "h"]}`
	stream, err := c.Stream(context.Background(), CompletionStream, many, "")
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for event := range stream.Events {
		if events == 0 {
			time.Sleep(200 * time.Millisecond) // longer than the whole stream takes
		}
		if event.Kind == Chunk {
			events++
		}
	}
	if stream.Err() != nil || events < 2*full {
		t.Fatal(events, stream.Err())
	}
}

// The log's handle goes when the client does, and no goroutine stays.
func TestLogAndGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	c, err := New(slow)
	if err != nil {
		t.Fatal(err)
	}
	var lines atomic.Int32
	for i := 0; i < 3; i++ { // each takes the place of the one before
		if err := c.SetLog(func(int, string) { lines.Add(1) }); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stream, err := c.Stream(ctx, ChatStream, hello, "")
			if err != nil {
				t.Error(err)
				return
			}
			for range stream.Events {
				if i%2 == 0 {
					cancel()
				}
			}
		}(i)
	}
	all.Wait()
	c.Close()
	for i := 0; i < 1000 && runtime.NumGoroutine() > before; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Fatalf("%d goroutines, before %d", now, before)
	}
	if lines.Load() == 0 {
		t.Fatal("no log line")
	}
}
