//! LLM providers through libgatelet. A request is an [`EventStream`], a [`Stream`] of [`Event`]s for any executor; dropping it
//! cancels the request. One thread of the client waits in the library's queue and wakes the tasks.
mod ffi;
mod stream;

use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::thread::JoinHandle;

pub use futures_core::Stream;
use stream::Shared;
pub use stream::{Event, EventStream, Kind};

/// What a request asks for: GATELET_OP_ in gatelet.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Operation {
    Chat = 1,
    ChatStream,
    Completion,
    CompletionStream,
    Embeddings,
    ListModels,
    Messages,
    MessagesStream,
    Responses,
    ResponsesStream,
}

/// What went wrong; `json` has the whole story (docs/errors.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub status: i32,
    pub kind: &'static str,
    pub message: String,
    pub json: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.kind, if self.message.is_empty() { "" } else { ": " }, self.message)
    }
}
impl std::error::Error for Error {}

impl Error {
    fn plain(status: i32, message: &str) -> Error {
        // The names are static in a library that is never unloaded.
        let kind = unsafe { CStr::from_ptr(ffi::gatelet_status_name(status)) }.to_str().unwrap_or("unknown");
        Error { status, kind, message: message.to_owned(), json: String::from("{}") }
    }

    fn check(status: i32, details: *mut ffi::Error) -> Result<(), Error> {
        if status == ffi::OK {
            return Ok(());
        }
        let mut error = Error::plain(status, &owned(unsafe { ffi::gatelet_error_message(details) }));
        error.json = owned(unsafe { ffi::gatelet_error_json(details) });
        unsafe { ffi::gatelet_error_free(details) };
        Err(error)
    }
}

fn owned(text: *const c_char) -> String {
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn c_string(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::plain(102, "a document holds a NUL"))
}

fn optional(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(null(), |it| it.as_ptr())
}

/// A configured gateway. Dropping it ends the streams that are still open with the error `closed`.
pub struct Client {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

type Log = Box<dyn Fn(i32, &str) + Send + Sync>;

impl Client {
    /// `config` as in docs/configuration.md; None: defaults and environment only.
    pub fn new(config: Option<&str>) -> Result<Client, Error> {
        let config = config.map(c_string).transpose()?;
        let (mut client, mut queue, mut details) = (null_mut(), null_mut(), null_mut());
        Error::check(unsafe { ffi::gatelet_init(optional(&config), &mut client, &mut details) }, details)?;
        let status = unsafe { ffi::gatelet_queue_new(null(), &mut queue, &mut details) };
        let shared = Arc::new(Shared::new(client, queue)); // ends both handles, also when this fails
        Error::check(status, details)?;
        let ours = Arc::clone(&shared);
        let reader = std::thread::Builder::new().name("gatelet".into()).spawn(move || ours.read());
        let reader = reader.map_err(|error| Error::plain(401, &error.to_string()))?;
        Ok(Client { shared, reader: Some(reader) })
    }

    /// Begins a request: its events come as it is polled.
    pub fn stream(&self, operation: Operation, request: &str, options: Option<&str>) -> Result<EventStream, Error> {
        let request = c_string(request)?;
        let options = options.map(c_string).transpose()?;
        Shared::submit(&self.shared, operation as i32, &request, optional(&options))
    }

    /// A request that does not stream: its answer.
    pub async fn call(&self, operation: Operation, request: &str, options: Option<&str>) -> Result<String, Error> {
        let mut events = self.stream(operation, request, options)?;
        let mut answer = String::new();
        while let Some(event) = events.next_event().await {
            let event = event?;
            if event.kind == Kind::Answer {
                answer = event.json;
            }
        }
        Ok(answer)
    }

    /// Who receives log lines, on any thread, several at once. It is dropped when no thread can call it any more.
    pub fn set_log(&self, log: impl Fn(i32, &str) + Send + Sync + 'static) -> Result<(), Error> {
        let user = Box::into_raw(Box::new(Box::new(log) as Log)) as *mut c_void;
        let mut details = null_mut();
        // `drop_log` is called also when this fails.
        let status = unsafe { ffi::gatelet_set_log(self.shared.client, Some(call_log), user, Some(drop_log), &mut details) };
        Error::check(status, details)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.close();
        match self.reader.take() {
            // An executor that runs tasks in their wakers may drop the client on that very thread.
            Some(reader) if reader.thread().id() != std::thread::current().id() => drop(reader.join()),
            _ => {}
        }
    }
}

/// A panic must not cross C: here it ends at this function.
extern "C" fn call_log(level: i32, message: *const c_char, user: *mut c_void) {
    let log = unsafe { &*(user as *const Log) };
    let message = owned(message);
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| log(level, &message)));
}

extern "C" fn drop_log(user: *mut c_void) {
    let log = unsafe { Box::from_raw(user as *mut Log) };
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(log)));
}
