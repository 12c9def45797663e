//! Many streams on one thread, one of them dropped in the middle: cargo run --example streams [how many] [which to drop]
use futures::executor::block_on;
use futures::future::join_all;
use gatelet::{Client, Error, Operation};

async fn read(client: &Client, number: usize, leave: bool) -> Result<(&'static str, String), Error> {
    let request = format!(r#"{{"model": "openai/gpt-4o-mini", "messages": [{{"role": "user", "content": "stream {number}"}}]}}"#);
    let mut events = client.stream(Operation::ChatStream, &request, None)?;
    let mut text = String::new();
    while let Some(event) = events.next_event().await {
        text += &event?.text;
        if leave && !text.is_empty() {
            return Ok(("cancelled", text)); // the stream is dropped here
        }
    }
    Ok(("ok", text))
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let (count, dropped) = (arguments.next().unwrap_or(100), arguments.next().unwrap_or(42));
    let client = Client::new(None)?;
    let all = (0..count).map(|number| read(&client, number, number == dropped));
    for (number, outcome) in block_on(join_all(all)).into_iter().enumerate() {
        match outcome {
            Ok((outcome, text)) => println!("{number} {outcome} {text}"),
            Err(error) => println!("{number} {error}"),
        }
    }
    Ok(())
}
