//! What this crate uses of gatelet.h.
use std::os::raw::{c_char, c_void};

pub enum Client {}
pub enum Queue {}
pub enum Batch {}
pub enum Error {}

pub const OK: i32 = 0;
pub const CHUNK: i32 = 1;
pub const END: i32 = 2;
pub const ANSWER: i32 = 3;

#[repr(C)]
pub struct Event {
    pub struct_size: u32,
    pub kind: i32,
    pub status: i32,
    pub reserved: i32,
    pub tag: u64,
    pub json: *const c_char,
    pub json_len: usize,
    pub text: *const c_char,
    pub text_len: usize,
    pub reasoning: *const c_char,
    pub reasoning_len: usize,
    pub name: *const c_char,
    pub name_len: usize,
}

pub type LogFn = extern "C" fn(level: i32, message: *const c_char, user: *mut c_void);
pub type DestroyFn = extern "C" fn(user: *mut c_void);

extern "C" {
    pub fn gatelet_status_name(status: i32) -> *const c_char;
    pub fn gatelet_init(config: *const c_char, client: *mut *mut Client, error: *mut *mut Error) -> i32;
    pub fn gatelet_free(client: *mut Client);
    pub fn gatelet_set_log(
        client: *mut Client,
        function: Option<LogFn>,
        user: *mut c_void,
        destroy: Option<DestroyFn>,
        error: *mut *mut Error,
    ) -> i32;
    pub fn gatelet_queue_new(options: *const c_char, queue: *mut *mut Queue, error: *mut *mut Error) -> i32;
    pub fn gatelet_queue_submit(
        queue: *mut Queue,
        client: *mut Client,
        operation: i32,
        request: *const c_char,
        options: *const c_char,
        tag: u64,
        error: *mut *mut Error,
    ) -> i32;
    pub fn gatelet_queue_next(queue: *mut Queue, max: usize, timeout_ms: i32, batch: *mut *mut Batch, error: *mut *mut Error) -> i32;
    pub fn gatelet_queue_cancel(queue: *mut Queue, tag: u64, error: *mut *mut Error) -> i32;
    pub fn gatelet_queue_pause(queue: *mut Queue, tag: u64, error: *mut *mut Error) -> i32;
    pub fn gatelet_queue_resume(queue: *mut Queue, tag: u64, error: *mut *mut Error) -> i32;
    pub fn gatelet_queue_free(queue: *mut Queue);
    pub fn gatelet_batch_event(batch: *mut Batch, index: usize) -> *const Event;
    pub fn gatelet_batch_free(batch: *mut Batch);
    pub fn gatelet_error_message(error: *const Error) -> *const c_char;
    pub fn gatelet_error_json(error: *const Error) -> *const c_char;
    pub fn gatelet_error_free(error: *mut Error);
}
