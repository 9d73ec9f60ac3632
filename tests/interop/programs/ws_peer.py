"""WebSocket peers of the interop tests that are not ours.

    ws_peer.py server             an echo server (websockets); says "ready on PORT" on standard error
    ws_peer.py client URL [CA]    a client (websockets)
    ws_peer.py other_client URL   a client (websocket-client)

The clients play the same exchange and print what comes of it.
"""
import asyncio
import ssl
import sys

BINARY = bytes(range(256))
LONG = "grüße " * 20000


def server():
    import websockets

    async def echo(connection):
        try:
            async for message in connection:
                await connection.send(message)
        except websockets.ConnectionClosedError:  # any code but 1000 and 1001
            pass
        print("closed", connection.close_code, connection.close_reason, flush=True)

    async def main():
        async with websockets.serve(echo, "127.0.0.1", 0, subprotocols=["moon"]) as listening:
            port = listening.sockets[0].getsockname()[1]
            print(f"ready on 127.0.0.1:{port}", file=sys.stderr, flush=True)
            await asyncio.Future()

    asyncio.run(main())


def client(url, ca=None):
    import websockets

    async def main():
        context = ssl.create_default_context(cafile=ca) if ca else None
        async with websockets.connect(url, subprotocols=["sun", "moon"], ssl=context) as connection:
            print("subprotocol", connection.subprotocol)
            await connection.send("hello")
            print("text", await connection.recv())
            await connection.send(BINARY)
            print("binary", await connection.recv() == BINARY)
            await connection.send([LONG[:1000], LONG[1000:50000], LONG[50000:]])
            print("fragments", await connection.recv() == LONG)
            await (await connection.ping(b"are you there?"))
            print("pong")
            for i in range(1000):
                await connection.send(str(i))
            print("many", all([await connection.recv() == str(i) for i in range(1000)]))
            await connection.close(4001, "done")
        print("closed", connection.close_code)

    asyncio.run(main())


def other_client(url):
    import websocket

    connection = websocket.create_connection(url, subprotocols=["sun", "moon"], timeout=30)
    print("subprotocol", connection.getsubprotocol())
    connection.send("hello")
    print("text", connection.recv())
    connection.send_binary(BINARY)
    print("binary", connection.recv() == BINARY)
    data = LONG.encode()
    connection.send_frame(websocket.ABNF.create_frame(data[:1000], websocket.ABNF.OPCODE_TEXT, 0))
    connection.send_frame(websocket.ABNF.create_frame(data[1000:], websocket.ABNF.OPCODE_CONT, 1))
    print("fragments", connection.recv() == LONG)
    connection.ping("are you there?")
    opcode, _ = connection.recv_data(control_frame=True)
    print("pong" if opcode == websocket.ABNF.OPCODE_PONG else opcode)
    for i in range(1000):
        connection.send(str(i))
    print("many", all([connection.recv() == str(i) for i in range(1000)]))
    connection.send_close(4001, b"done")
    _, frame = connection.recv_data_frame(control_frame=True)
    print("closed", int.from_bytes(frame.data[:2], "big"))
    connection.shutdown()


if __name__ == "__main__":
    {"server": server, "client": client, "other_client": other_client}[sys.argv[1]](*sys.argv[2:])
