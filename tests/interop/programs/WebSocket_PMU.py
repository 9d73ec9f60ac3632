# A PMU as the lab's part 6 describes it: python3 PMU.py <port> <n> <bytes of the flood> [<certificate> <key>]
# Port 0 takes a free one; the port is said on standard error.
import asyncio
import ssl
import sys

import websockets

port, n, flood_size = (int(argument) for argument in sys.argv[1:4])
tls = None
if len(sys.argv) > 4:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[4], sys.argv[5])


async def serve(websocket, path):
    command = await websocket.recv()
    print("command:", command)
    if command.startswith("CMD_short:"):
        for i in range(n):
            await websocket.send("This is PMU data %d" % i)
            await asyncio.sleep(float(command[len("CMD_short:"):]))
    elif command == "CMD_floodme":
        await websocket.send(("0123456789" * (flood_size // 10 + 1))[:flood_size])
    else:
        await websocket.send("ERROR: unknown command")


async def main():
    server = await websockets.serve(serve, "localhost", port, ssl=tls)
    print("ready on :%d" % server.sockets[0].getsockname()[1], file=sys.stderr)
    await server.wait_closed()


asyncio.run(main())
