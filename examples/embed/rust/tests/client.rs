use futures::executor::block_on;
use gatelet::{Client, Kind, Operation};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

const HELLO: &str = r#"{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}"#;

fn client(dev: &str) -> Client {
    Client::new(Some(&format!(r#"{{"dev_mode": true, "log": "debug", "providers": {{"dev": {dev}}}}}"#))).unwrap()
}

#[test]
fn answers_and_errors() {
    let client = client("{}");
    let answer = block_on(client.call(Operation::Chat, HELLO, None)).unwrap();
    assert!(answer.contains("You said: hello."));
    assert_eq!(block_on(client.call(Operation::Chat, "{", None)).unwrap_err().kind, "json");
    assert_eq!(block_on(client.call(Operation::Chat, "a\0b", None)).unwrap_err().kind, "json");
    let error = Client::new(Some(r#"{"unknown": 1}"#)).err().unwrap();
    assert!(error.kind == "config" && error.message.contains("unknown"), "{error}");
}

/// Dropping the client in the provider's silence ends its streams; they may outlive it.
#[test]
fn streams_end_with_the_client() {
    let client = client(r#"{"faults": {"stall_at_chunk": 3}}"#);
    let mut events = client.stream(Operation::ChatStream, HELLO, None).unwrap();
    let first = block_on(events.next_event()).unwrap().unwrap();
    assert_eq!(first.kind, Kind::Chunk);
    let waiting = std::thread::spawn(move || {
        let mut last = None;
        while let Some(event) = block_on(events.next_event()) {
            last = Some(event);
        }
        last.unwrap().unwrap_err().kind
    });
    std::thread::sleep(Duration::from_millis(50));
    drop(client);
    assert_eq!(waiting.join().unwrap(), "closed");
}

/// Readers that begin late lose nothing.
#[test]
fn slow_readers() {
    let client = client(r#"{"token_delay": 0}"#);
    let request = r#"{"model": "openai/gpt-4o-mini", "n": 4, "prompt": ["a", "b", "c", "d", "e", "f", "g", "h"]}"#;
    let mut events = client.stream(Operation::CompletionStream, request, None).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let mut chunks = 0;
    while let Some(event) = block_on(events.next_event()) {
        chunks += usize::from(event.unwrap().kind == Kind::Chunk);
    }
    assert!(chunks > 512, "{chunks}");
}

/// A log function is dropped when another takes its place, and with the client.
#[test]
fn logs() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let (dropped, lines) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let client = client("{}");
    for _ in 0..3 {
        let (counted, lines) = (Counted(Arc::clone(&dropped)), Arc::clone(&lines));
        client
            .set_log(move |_, _| {
                let _ = &counted;
                lines.fetch_add(1, Ordering::SeqCst);
            })
            .unwrap();
    }
    block_on(client.call(Operation::Chat, HELLO, None)).unwrap();
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    assert!(lines.load(Ordering::SeqCst) > 0);
    drop(client);
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
}
