//! Streams, and the thread that brings them their events.
use crate::{ffi, Error, Stream};
use std::collections::{HashMap, VecDeque};
use std::ffi::CStr;
use std::future::Future;
use std::os::raw::c_char;
use std::pin::Pin;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Chunk,
    Answer,
    /// Of a newer library, or status and headers (option `response`).
    Other(i32),
}

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: Kind,
    /// The provider's bytes.
    pub json: String,
    /// Of choice 0.
    pub text: String,
    pub reasoning: String,
    /// Where requests of another surface are answered with named events.
    pub name: String,
}

/// So many unread events pause a stream, and it goes on when so few are left: a slow reader has the provider wait.
const FULL: usize = 256;
const LOW: usize = 32;

#[derive(Default)]
struct Entry {
    waiting: VecDeque<Event>,
    /// How it ended, until that has been told.
    end: Option<Result<(), Error>>,
    waker: Option<Waker>,
    paused: bool,
}

/// What the client, its streams and the reading thread share. The handles are checked values, so that using them late harms nothing.
pub(crate) struct Shared {
    pub(crate) client: *mut ffi::Client,
    queue: *mut ffi::Queue,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Entry>,
    last_tag: u64,
}

// Every function of gatelet.h may be called from any thread.
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(client: *mut ffi::Client, queue: *mut ffi::Queue) -> Shared {
        Shared { client, queue, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn submit(this: &Arc<Shared>, operation: i32, request: &CStr, options: *const c_char) -> Result<EventStream, Error> {
        let mut state = this.state(); // held, so that the stream is known before its first event
        state.last_tag += 1;
        let (tag, mut details) = (state.last_tag, null_mut());
        let status = unsafe { ffi::gatelet_queue_submit(this.queue, this.client, operation, request.as_ptr(), options, tag, &mut details) };
        Error::check(status, details)?;
        state.open.insert(tag, Entry::default());
        Ok(EventStream { shared: Arc::clone(this), tag, done: false })
    }

    /// Takes events until the queue is freed.
    pub(crate) fn read(&self) {
        loop {
            let mut batch = null_mut();
            if unsafe { ffi::gatelet_queue_next(self.queue, 0, -1, &mut batch, null_mut()) } != ffi::OK {
                break;
            }
            for index in 0.. {
                match unsafe { ffi::gatelet_batch_event(batch, index).as_ref() } {
                    Some(event) => self.hand(event),
                    None => break,
                }
            }
            unsafe { ffi::gatelet_batch_free(batch) };
        }
        let wakers: Vec<Waker> = {
            let mut state = self.state();
            state
                .open
                .values_mut()
                .filter_map(|entry| {
                    entry.end.get_or_insert_with(|| Err(Error::plain(108, "the client was dropped")));
                    entry.waker.take()
                })
                .collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn hand(&self, event: &ffi::Event) {
        let mut state = self.state();
        let entry = match state.open.get_mut(&event.tag) {
            Some(entry) => entry,
            None => return, // its stream was dropped
        };
        if event.kind == ffi::END {
            entry.end = Some(if event.status == ffi::OK {
                Ok(())
            } else {
                Err(Error { json: text(event.json, event.json_len), ..Error::plain(event.status, "") })
            });
        } else {
            entry.waiting.push_back(Event::from(event));
            if entry.waiting.len() >= FULL && !entry.paused {
                entry.paused = true;
                unsafe { ffi::gatelet_queue_pause(self.queue, event.tag, null_mut()) };
            }
        }
        let waker = entry.waker.take();
        drop(state); // a waker may run anything
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, tag: u64, context: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        let mut state = self.state();
        let entry = match state.open.get_mut(&tag) {
            Some(entry) => entry,
            None => return Poll::Ready(None),
        };
        if let Some(event) = entry.waiting.pop_front() {
            if entry.paused && entry.waiting.len() <= LOW {
                entry.paused = false;
                unsafe { ffi::gatelet_queue_resume(self.queue, tag, null_mut()) };
            }
            return Poll::Ready(Some(Ok(event)));
        }
        match entry.end.take() {
            Some(end) => {
                state.open.remove(&tag);
                Poll::Ready(end.err().map(Err))
            }
            None => {
                entry.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn forget(&self, tag: u64) {
        let entry = self.state().open.remove(&tag); // dropped after the lock
        if matches!(&entry, Some(entry) if entry.end.is_none()) {
            unsafe { ffi::gatelet_queue_cancel(self.queue, tag, null_mut()) };
        }
    }

    pub(crate) fn close(&self) {
        unsafe {
            ffi::gatelet_queue_free(self.queue);
            ffi::gatelet_free(self.client);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close(); // handles that were ended already are ignored
    }
}

impl From<&ffi::Event> for Event {
    fn from(event: &ffi::Event) -> Event {
        Event {
            kind: match event.kind {
                ffi::CHUNK => Kind::Chunk,
                ffi::ANSWER => Kind::Answer,
                other => Kind::Other(other),
            },
            json: text(event.json, event.json_len),
            text: text(event.text, event.text_len),
            reasoning: text(event.reasoning, event.reasoning_len),
            name: text(event.name, event.name_len),
        }
    }
}

fn text(start: *const c_char, length: usize) -> String {
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(start.cast(), length) }).into_owned()
}

/// The events of one request; after an error nothing follows. Dropping it cancels the request.
pub struct EventStream {
    shared: Arc<Shared>,
    tag: u64,
    done: bool,
}

impl EventStream {
    /// The next event, without a crate of stream combinators.
    pub fn next_event(&mut self) -> impl Future<Output = Option<Result<Event, Error>>> + '_ {
        Next(self)
    }
}

struct Next<'a>(&'a mut EventStream);

impl Future for Next<'_> {
    type Output = Option<Result<Event, Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.0).poll_next(context)
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let polled = self.shared.poll(self.tag, context);
        self.done = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.shared.forget(self.tag);
    }
}
