package gatelet

// #include <gatelet.h>
import "C"

import (
	"context"
	"sync"
)

// Kind of an event.
type Kind int32

const (
	Chunk    Kind = C.GATELET_EVENT_CHUNK
	Answer   Kind = C.GATELET_EVENT_ANSWER
	Response Kind = C.GATELET_EVENT_RESPONSE
)

// Event is one piece of an answer.
type Event struct {
	Kind      Kind
	JSON      string // the provider's bytes
	Text      string // of choice 0
	Reasoning string
	Name      string // where requests of another surface are answered with named events
}

// So many undelivered events pause a stream: a slow reader has the provider wait. It goes on when they were taken.
const full = 256

// Stream is a request under way.
type Stream struct {
	Events <-chan Event

	client  *Client
	tag     uint64
	out     chan Event
	wake    chan struct{} // there are events, or the end
	mutex   sync.Mutex
	waiting []Event
	paused  bool
	ended   bool
	err     error
}

func newStream(c *Client, tag uint64) *Stream {
	s := &Stream{client: c, tag: tag, out: make(chan Event), wake: make(chan struct{}, 1)}
	s.Events = s.out
	return s
}

// Err tells how the stream ended, once Events is closed: nil, an *Error, ErrClosed, or the context's error.
func (s *Stream) Err() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.err
}

// deliver hands events to the reader until the end, or until the context is done.
func (s *Stream) deliver(ctx context.Context) {
	defer close(s.out)
	for {
		events, ended := s.take()
		for _, event := range events {
			select {
			case s.out <- event:
			case <-ctx.Done():
				s.abandon(ctx.Err())
				return
			}
		}
		if ended {
			return
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			s.abandon(ctx.Err())
			return
		}
	}
}

func (s *Stream) add(event Event) {
	s.mutex.Lock()
	if !s.ended {
		s.waiting = append(s.waiting, event)
	}
	if len(s.waiting) >= full && !s.paused {
		s.paused = true
		s.client.hold(s.tag, true) // under the lock, so that it is not the other one that comes last
	}
	s.mutex.Unlock()
	s.wakeUp()
}

func (s *Stream) finish(err error) {
	s.mutex.Lock()
	if !s.ended {
		s.ended, s.err = true, err
	}
	s.mutex.Unlock()
	s.wakeUp()
}

// take returns what waits, and whether nothing will follow.
func (s *Stream) take() ([]Event, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.paused {
		s.client.hold(s.tag, false)
	}
	events := s.waiting
	s.waiting, s.paused = nil, false
	return events, s.ended
}

// abandon ends the request: its END is still to come, but nobody waits for it.
func (s *Stream) abandon(err error) {
	s.mutex.Lock()
	if !s.ended {
		s.ended, s.err = true, err
	}
	s.mutex.Unlock()
	s.client.cancel(s.tag)
}

func (s *Stream) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// A queue that has been freed says so, and nothing is to be done then: handles are checked.
func (c *Client) hold(tag uint64, wait bool) {
	if wait {
		C.gatelet_queue_pause(c.queue, C.uint64_t(tag), nil)
	} else {
		C.gatelet_queue_resume(c.queue, C.uint64_t(tag), nil)
	}
}

func (c *Client) cancel(tag uint64) { C.gatelet_queue_cancel(c.queue, C.uint64_t(tag), nil) }
