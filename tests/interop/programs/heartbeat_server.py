# The server of checkpoint 3, as a WebSocket server of its own: python3 heartbeat_server.py <port> <seconds between looks>
# Its files Status and serverLog are in the working directory. Port 0 takes a free one, said on standard error.
import asyncio
import datetime
import sys

import websockets


def timestamp():
    return datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def status():
    with open("Status") as file:
        return file.read().strip()


async def watch(websocket):
    last, seq = status(), 100
    while True:
        await asyncio.sleep(float(sys.argv[2]))
        now = status()
        if now != last and now:
            last = now
            await websocket.send("Status: %s - %d - %s" % (timestamp(), seq, now))
            seq += 1


async def serve(websocket, path):
    watching = asyncio.ensure_future(watch(websocket))
    async for message in websocket:
        print(message)
        with open("serverLog", "a") as log:
            log.write(message + "\n")
    watching.cancel()


async def main():
    server = await websockets.serve(serve, "localhost", int(sys.argv[1]))
    print("ready on :%d" % server.sockets[0].getsockname()[1], file=sys.stderr)
    await server.wait_closed()


asyncio.run(main())
