"""A TLS server that answers each connection once and then vanishes: it closes, and resets what comes afterwards. Prints its port; ends
when nobody reads its output any more."""
import os
import select
import socket
import ssl
import struct
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(here, "tls.pem"))
BODY = (b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
        b'"message":{"role":"assistant","content":"Hello"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}')


def serve(raw):
    try:
        tls = context.wrap_socket(raw, server_side=True)
        tls.recv(65536)
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        time.sleep(0.05)
        plain = socket.socket(fileno=tls.detach())
        plain.shutdown(socket.SHUT_WR)
        time.sleep(0.05)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        plain.close()
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
poller = select.poll()
poller.register(1, select.POLLERR | select.POLLHUP)
poller.register(listener, select.POLLIN)
while True:
    for fd, _ in poller.poll():
        if fd == 1:
            os._exit(0)
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
