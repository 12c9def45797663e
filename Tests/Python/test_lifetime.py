"""Ctrl-C, threads, forks, garbage collection, the end of the interpreter."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator

import gatelet
import pytest
from conftest import MESSAGES, Upstream, descriptors, eventually, threads

PROLOGUE = """
import asyncio, json, os, sys, threading, time
import gatelet
MESSAGES = [{"role": "user", "content": "x"}]
CONFIG = json.loads(sys.argv[1])
def say(*words): print(*words, flush=True)
"""


Process = subprocess.Popen[str]


@pytest.fixture
def script(server: Upstream) -> Iterator[Callable[[str], Process]]:
    """Starts a program with the client's configuration at hand."""
    started: list[Process] = []

    def start(code: str) -> Process:
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROLOGUE + code, json.dumps(server.config())]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def output(process: Process, seconds: float = 100) -> str:
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0 and not err, (process.returncode, out, err)
    return out


CTRL_C = {
    "chat": 'client.chat.completions.create(model="silent", messages=MESSAGES)',
    "start of a stream": 'client.chat.completions.create(model="silent", messages=MESSAGES, stream=True)',
    "stream": 'list(client.chat.completions.create(model="stall:3", messages=MESSAGES, stream=True))',
    "embeddings": 'client.embeddings.create(model="silent", input="x")',
}


@pytest.mark.parametrize("waiting", CTRL_C)
def test_ctrl_c_interrupts_a_waiting_call(script: Callable[[str], Process], closes: Callable[[int], None], waiting: str) -> None:
    process = script(f"""
client = gatelet.Client(CONFIG)
client.chat.completions.create(model="chat", messages=MESSAGES)
say("waiting")
try:
    {CTRL_C[waiting]}
except KeyboardInterrupt:
    say(time.monotonic())
    time.sleep(0.5)  # closed because of the interrupt, not because the process ends
    say(client.chat.completions.create(model="chat", messages=MESSAGES).choices[0].message.content)
""")
    assert process.stdout and process.stdout.readline() == "waiting\n"
    time.sleep(0.4)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert float(process.stdout.readline()) - sent < 10
    closes(1)
    assert process.poll() is None
    assert output(process) == "You said: x\n"


def test_ctrl_c_interrupts_a_probe(script: Callable[[str], Process]) -> None:
    process = script("""
import socket
silent = socket.create_server(("127.0.0.1", 0))
address = "http://127.0.0.1:%d/v1" % silent.getsockname()[1]
client = gatelet.Client(environment=False, providers={"silent": {"base_url": address, "api_key": "k"}})
say("waiting")
try:
    client.providers("silent", probe=True)
except KeyboardInterrupt:
    say(time.monotonic(), client.providers("silent").data[0].id)
""")
    assert process.stdout and process.stdout.readline() == "waiting\n"
    time.sleep(0.4)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    moment, provider = process.stdout.readline().split()
    assert float(moment) - sent < 10 and provider == "silent"
    assert output(process) == ""


def test_a_call_is_cancelled_by_its_id(server: Upstream) -> None:
    with gatelet.Client(server.config()) as client:
        raised: list[BaseException] = []

        def ask() -> None:
            try:
                client.chat.completions.create(model="silent", messages=MESSAGES, gatelet={"cancel_id": "x"})
            except BaseException as error:
                raised.append(error)

        before = len(server.seen()["requests"])
        thread = threading.Thread(target=ask)
        thread.start()
        while len(server.seen()["requests"]) == before:
            time.sleep(0.01)
        client.cancel("y")
        thread.join(0.1)
        assert thread.is_alive()
        client.cancel("x")
        thread.join(100)
        assert [type(error) for error in raised] == [gatelet.CancelledError]


def test_ctrl_c_in_asyncio(script: Callable[[str], Process], closes: Callable[[int], None]) -> None:
    process = script("""
async def main():
    async with gatelet.AsyncClient(CONFIG) as client:
        say("waiting")
        await client.chat.completions.create(model="silent", messages=MESSAGES)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    say("interrupted")
""")
    assert process.stdout and process.stdout.readline() == "waiting\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert output(process) == "interrupted\n"
    closes(1)


def test_signal_handler_that_returns_does_not_disturb(client: gatelet.Client) -> None:
    ran = []
    before = signal.signal(signal.SIGALRM, lambda *_: ran.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
        answer = client.chat.completions.create(model="slow:1.5", messages=MESSAGES)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert answer.choices[0].message.content == "You said: Say hello." and len(ran) >= 3


def test_one_client_in_many_threads(client: gatelet.Client) -> None:
    def work(number: int) -> bool:
        text = f"number {number}"
        if number % 3 == 0:
            stream = client.chat.completions.create(model=f"stream:{number}", messages=MESSAGES, stream=True)
            return [chunk.text for chunk in stream if chunk.text] == [f"w{i} " for i in range(number)]
        answer = client.chat.completions.create(model="chat", messages=[{"role": "user", "content": text}])
        return answer.choices[0].message.content == f"You said: {text}"

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(1, 300)))


def test_waiting_threads_do_not_keep_others_waiting(client: gatelet.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(client.chat.completions.create, model="slow:3", messages=MESSAGES) for _ in range(6)]
        client.chat.completions.create(model="chat", messages=MESSAGES)
        assert not any(answer.done() for answer in slow)
        slow[0].result()
        assert all(answer.result(2.5).choices for answer in slow)  # one after another, each would take 3 s more


def test_blocking_calls_start_no_thread(client: gatelet.Client) -> None:
    before = threads()
    client.chat.completions.create(model="chat", messages=MESSAGES)
    assert threads() <= before  # one of an earlier test may just be ending


def test_connection_is_reused(client: gatelet.Client, server: Upstream) -> None:
    client.chat.completions.create(model="chat", messages=MESSAGES)
    answers = [client.chat.completions.create(model="chat", messages=MESSAGES) for _ in range(10)]
    assert all(answer.gatelet.timings and answer.gatelet.timings.connection_reused for answer in answers)


def test_close_ends_calls_of_other_threads(server: Upstream, closes: Callable[[int], None]) -> None:
    client = gatelet.Client(server.config())
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            client.chat.completions.create(model="silent", messages=MESSAGES)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    client.close()
    thread.join(100)
    assert isinstance(caught[0], gatelet.ClosedError)
    closes(1)
    client.close()
    for call in (client.models.list, lambda: client.chat.completions.create(model="chat", messages=MESSAGES)):
        with pytest.raises(gatelet.ClosedError):
            call()


async def test_aclose_ends_what_is_open(server: Upstream) -> None:
    client = gatelet.AsyncClient(server.config())
    stream = await client.chat.completions.create(model="stall:1", messages=MESSAGES, stream=True)
    await stream.__anext__()
    waiting = asyncio.ensure_future(client.chat.completions.create(model="silent", messages=MESSAGES))
    await asyncio.sleep(0.1)
    await client.aclose()
    await client.aclose()
    for open_call in (waiting, stream.__anext__(), client.models.list()):
        with pytest.raises(gatelet.ClosedError):
            await open_call


async def test_cancelled_task_cancels_upstream(server: Upstream, closes: Callable[[int], None]) -> None:
    async with gatelet.AsyncClient(server.config()) as client:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.chat.completions.create(model="silent", messages=MESSAGES), 0.2)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.chat.completions.create(model="silent", messages=MESSAGES, stream=True), 0.2)
        await asyncio.get_running_loop().run_in_executor(None, closes, 2)


def test_one_async_client_in_two_loops(server: Upstream) -> None:
    client = gatelet.AsyncClient(server.config())

    async def ask() -> Any:
        return (await client.chat.completions.create(model="slow:0.2", messages=MESSAGES)).choices[0].message.content

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: asyncio.run(ask()), range(4))) == ["You said: Say hello."] * 4


def test_streams_in_loops_of_uvloop(server: Upstream) -> None:
    """In one loop after the other, and in several threads at once."""
    import uvloop

    client = gatelet.AsyncClient(server.config())

    async def read() -> int:
        stream = await client.chat.completions.create(model="paced:50:4", messages=MESSAGES, stream=True)
        return len([chunk async for chunk in stream if chunk.text])

    async def read_many() -> list[int]:
        return list(await asyncio.gather(*(read() for _ in range(20))))

    def run(_: int) -> list[int]:
        return uvloop.run(read_many())

    assert run(0) == [50] * 20
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(3))) == [[50] * 20] * 3


def test_dropped_clients_are_collected(server: Upstream) -> None:
    def use() -> None:
        client = gatelet.Client(server.config())
        client.chat.completions.create(model="chat", messages=MESSAGES)
        for _ in client.chat.completions.create(model="stream:5", messages=MESSAGES, stream=True):
            pass

    async def use_async() -> None:
        client = gatelet.AsyncClient(server.config())
        await client.chat.completions.create(model="chat", messages=MESSAGES)

    use()
    asyncio.run(use_async())
    gc.collect()
    before = threads(), descriptors()
    gc.disable()  # without cycles, dropping the last reference is enough
    try:
        for _ in range(10):
            use()
            asyncio.run(use_async())
    finally:
        gc.enable()
    gc.collect()
    eventually(lambda: (threads(), descriptors()) <= before)


def test_client_is_freed_without_the_collector(server: Upstream) -> None:
    gc.disable()
    try:
        client = gatelet.Client(server.config())
        native = weakref.ref(client._connection._native)
        del client
        assert native() is None
    finally:
        gc.enable()


def test_stream_outlives_its_client_variable(server: Upstream) -> None:
    stream = gatelet.Client(server.config()).chat.completions.create(model="paced:4:50", messages=MESSAGES, stream=True)
    gc.collect()
    assert len([chunk for chunk in stream if chunk.text]) == 4


FORK = """
def ask(model="chat"):
    return client.chat.completions.create(model=model, messages=MESSAGES).choices[0].message.content
"""


def test_fork(script: Callable[[str], Process]) -> None:
    """As gunicorn does it: the client exists before the workers."""
    process = script(
        FORK
        + """
client = gatelet.Client(CONFIG)
ask()
stream = client.chat.completions.create(model="paced:20:20", messages=MESSAGES, stream=True)
next(stream)
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        del stream
        right = ask() == "You said: x" and ask() == "You said: x"
        os._exit(0 if right else 1)
    children.append(child)
say([os.waitpid(child, 0)[1] for child in children])
say(len([chunk for chunk in stream if chunk.text]), ask())
"""
    )
    assert output(process).splitlines() == ["[0, 0, 0]", "19 You said: x"]


def test_fork_of_an_async_client(script: Callable[[str], Process]) -> None:
    process = script("""
client = gatelet.AsyncClient(CONFIG)
async def ask():
    return (await client.chat.completions.create(model="chat", messages=MESSAGES)).choices[0].message.content
say(asyncio.run(ask()))
child = os.fork()
if child == 0:
    os._exit(0 if asyncio.run(ask()) == "You said: x" else 1)
say(os.waitpid(child, 0)[1], asyncio.run(ask()))
""")
    assert output(process).splitlines() == ["You said: x", "0 You said: x"]


def test_forked_child_may_exit_normally(script: Callable[[str], Process]) -> None:
    process = script(
        FORK
        + """
client = gatelet.Client(CONFIG)
ask()
child = os.fork()
if child == 0:
    client = None
    sys.exit(0)
say(os.waitpid(child, 0)[1], ask())
"""
    )
    assert output(process) == "0 You said: x\n"


EXITS = {
    "open client": "keep = gatelet.Client(CONFIG); keep.models.list()",
    "open stream": 'keep = gatelet.Client(CONFIG).chat.completions.create(model="stall:2", messages=MESSAGES, stream=True); next(keep)',
    "in a cycle": "keep = gatelet.Client(CONFIG); keep.models.list(); keep.itself = keep",
    "exception": 'keep = gatelet.Client(CONFIG); keep.models.list(); sys.exit(0)',
    "thread": """
keep = gatelet.Client(CONFIG)
def wait():
    try:
        keep.chat.completions.create(model="silent", messages=MESSAGES)
    except gatelet.GateletError:
        pass
threading.Thread(target=wait, daemon=True).start(); time.sleep(0.3)""",
    "asyncio": """
keep = gatelet.AsyncClient(CONFIG)
async def main():
    global stream
    stream = await keep.chat.completions.create(model="stall:2", messages=MESSAGES, stream=True)
    async for _ in stream: break
asyncio.run(main())""",
    "log": """
import logging
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
keep = gatelet.AsyncClient(CONFIG, log="debug", logger=logging.getLogger("gatelet"))
async def main():
    await keep.chat.completions.create(model="chat", messages=MESSAGES)
    asyncio.ensure_future(keep.chat.completions.create(model="silent", messages=MESSAGES))
    await asyncio.sleep(0.1)
asyncio.run(main())""",
}  # fmt: skip


@pytest.mark.parametrize("how", EXITS)
def test_interpreter_exit(script: Callable[[str], Process], how: str) -> None:
    output(script(EXITS[how]))  # it does end


def test_log_lines_reach_logging(server: Upstream, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    with caplog.at_level(logging.DEBUG, "gatelet"):
        with gatelet.Client(server.config(log="debug"), logger=logging.getLogger("gatelet")) as client:
            with pytest.raises(gatelet.AuthError):
                client.chat.completions.create(model="status:401", messages=MESSAGES)
    assert caplog.records and "sk-test-secret" not in caplog.text
