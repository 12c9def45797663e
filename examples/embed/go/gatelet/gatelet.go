// Package gatelet calls LLM providers through libgatelet: contexts cancel, channels carry the events of a stream.
//
// One goroutine of a Client waits in the library's queue and hands events to the streams; no goroutine blocks a thread of its own.
package gatelet

/*
#cgo pkg-config: gatelet
#include <gatelet.h>
#include <stdlib.h>
#include "log.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"sync"
	"unsafe"
)

// Operation is what a request asks for.
type Operation int32

const (
	Chat             Operation = C.GATELET_OP_CHAT
	ChatStream       Operation = C.GATELET_OP_CHAT_STREAM
	Completion       Operation = C.GATELET_OP_COMPLETION
	CompletionStream Operation = C.GATELET_OP_COMPLETION_STREAM
	Embeddings       Operation = C.GATELET_OP_EMBEDDINGS
	ListModels       Operation = C.GATELET_OP_LIST_MODELS
	Messages         Operation = C.GATELET_OP_MESSAGES
	MessagesStream   Operation = C.GATELET_OP_MESSAGES_STREAM
	Responses        Operation = C.GATELET_OP_RESPONSES
	ResponsesStream  Operation = C.GATELET_OP_RESPONSES_STREAM
)

// Error is what went wrong; JSON has the whole story (docs/errors.md).
type Error struct {
	Status  int
	Kind    string
	Message string
	JSON    string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Kind
	}
	return e.Kind + ": " + e.Message
}

// ErrClosed is the error of streams whose client was closed.
var ErrClosed = errors.New("gatelet: the client is closed")

func failure(status C.gatelet_status, details *C.gatelet_error) error {
	if status == C.GATELET_OK {
		return nil
	}
	defer C.gatelet_error_free(details)
	return &Error{int(status), kind(status), C.GoString(C.gatelet_error_message(details)), C.GoString(C.gatelet_error_json(details))}
}

func kind(status C.gatelet_status) string { return C.GoString(C.gatelet_status_name(status)) }

// text is NULL for "": defaults, or no options. Whoever calls it frees it.
func text(s string) *C.char {
	if s == "" {
		return nil
	}
	return C.CString(s)
}

// Client is a configured gateway. Its methods may be called by many goroutines at once.
type Client struct {
	client  *C.gatelet_client
	queue   *C.gatelet_queue
	ended   chan struct{} // the goroutine of the queue has returned
	mutex   sync.Mutex
	streams map[uint64]*Stream
	lastTag uint64
	closed  bool
}

// New makes a client from a configuration (docs/configuration.md); "" is defaults and environment only.
func New(config string) (*Client, error) {
	c := &Client{ended: make(chan struct{}), streams: map[uint64]*Stream{}}
	json := text(config)
	defer C.free(unsafe.Pointer(json))
	var details *C.gatelet_error
	status := C.gatelet_init(json, &c.client, &details)
	if err := failure(status, details); err != nil {
		return nil, err
	}
	status = C.gatelet_queue_new(nil, &c.queue, &details)
	if err := failure(status, details); err != nil {
		C.gatelet_free(c.client)
		return nil, err
	}
	go c.dispatch()
	return c, nil
}

// Close cancels what is under way: those streams end with ErrClosed. It returns when the library's thread has ended.
func (c *Client) Close() {
	c.mutex.Lock()
	first := !c.closed
	c.closed = true
	c.mutex.Unlock()
	if first {
		C.gatelet_queue_free(c.queue)
		C.gatelet_free(c.client)
	}
	<-c.ended
}

// SetLog names who receives log lines, on any thread, also several at once; nil turns the log off. The configuration's `log` is the level.
func (c *Client) SetLog(log func(level int, message string)) error {
	var details *C.gatelet_error
	if log == nil {
		status := C.gatelet_set_log(c.client, nil, nil, nil, &details)
		return failure(status, details)
	}
	// The library tells when the handle is not needed any more, also when this fails.
	status := C.gatelet_go_set_log(c.client, C.uintptr_t(cgo.NewHandle(log)), &details)
	return failure(status, details)
}

//export gateletGoLog
func gateletGoLog(level C.int32_t, message *C.char, user C.uintptr_t) {
	cgo.Handle(user).Value().(func(int, string))(int(level), C.GoString(message))
}

//export gateletGoForget
func gateletGoForget(user C.uintptr_t) { cgo.Handle(user).Delete() }

// Call makes a request that does not stream and returns its answer. "" for options is none.
func (c *Client) Call(ctx context.Context, operation Operation, request, options string) (string, error) {
	stream, err := c.Stream(ctx, operation, request, options)
	if err != nil {
		return "", err
	}
	answer := ""
	for event := range stream.Events {
		if event.Kind == Answer {
			answer = event.JSON
		}
	}
	return answer, stream.Err()
}

// Stream begins a request; its events come through the channel Events, which is closed at the end. Whoever stops reading before that
// cancels the context.
func (c *Client) Stream(ctx context.Context, operation Operation, request, options string) (*Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	requestJSON, optionsJSON := text(request), text(options)
	defer C.free(unsafe.Pointer(requestJSON))
	defer C.free(unsafe.Pointer(optionsJSON))

	c.mutex.Lock()
	defer c.mutex.Unlock() // so that the stream is known before its first event
	if c.closed {
		return nil, ErrClosed
	}
	c.lastTag++
	s := newStream(c, c.lastTag)
	var details *C.gatelet_error
	status := C.gatelet_queue_submit(c.queue, c.client, C.gatelet_operation(operation), requestJSON, optionsJSON, C.uint64_t(s.tag), &details)
	if err := failure(status, details); err != nil {
		return nil, err
	}
	c.streams[s.tag] = s
	go s.deliver(ctx)
	return s, nil
}

// dispatch takes events from the queue until it is freed.
func (c *Client) dispatch() {
	defer close(c.ended)
	for {
		var batch *C.gatelet_batch
		if C.gatelet_queue_next(c.queue, 0, -1, &batch, nil) != C.GATELET_OK {
			break
		}
		for i := C.size_t(0); ; i++ {
			event := C.gatelet_batch_event(batch, i)
			if event == nil {
				break
			}
			c.hand(event)
		}
		C.gatelet_batch_free(batch)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, s := range c.streams {
		s.finish(ErrClosed)
	}
	c.streams = nil
}

func (c *Client) hand(event *C.gatelet_event) {
	tag := uint64(event.tag)
	c.mutex.Lock()
	s := c.streams[tag]
	if event.kind == C.GATELET_EVENT_END {
		delete(c.streams, tag)
	}
	c.mutex.Unlock()
	if s == nil {
		return
	}
	if event.kind != C.GATELET_EVENT_END {
		s.add(Event{Kind(event.kind), bytes(event.json, event.json_len), bytes(event.text, event.text_len),
			bytes(event.reasoning, event.reasoning_len), bytes(event.name, event.name_len)})
	} else if event.status == C.GATELET_OK {
		s.finish(nil)
	} else {
		s.finish(&Error{Status: int(event.status), Kind: kind(event.status), JSON: bytes(event.json, event.json_len)})
	}
}

func bytes(start *C.char, length C.size_t) string {
	return string(unsafe.Slice((*byte)(unsafe.Pointer(start)), int(length)))
}

func (c *Client) String() string { return fmt.Sprintf("gatelet %s", C.GoString(C.gatelet_version())) }
