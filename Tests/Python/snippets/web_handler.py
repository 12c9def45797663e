import json

import httpx
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI

client = AsyncOpenAI()
app = FastAPI()


@app.get("/chat")
async def chat(question: str):
    answer = await client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
    assert answer.choices[0].message.content  # what was looked at makes no difference
    return answer


@app.get("/stream")
async def stream(question: str):
    chunks = await client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}], stream=True)

    async def events():
        async for chunk in chunks:
            yield f"data: {chunk.model_dump_json()}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as browser:
        answer = (await browser.get("/chat", params={"question": "Hi"})).json()
        assert answer["choices"][0]["message"]["content"] == "You said Hi" and answer["usage"]["total_tokens"] == 21
        assert answer["object"] == "chat.completion" and answer["system_fingerprint"] == "fp_1"
        text = (await browser.get("/stream", params={"question": "Hi"})).text
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events) == "You said Hi"
    await client.close()
