# The lab's server of "execution of socket on two computers". New: the port, also 0, which is said on standard error.
import asyncio
import sys

import websockets


async def handle_client(websocket, path):
    async for message in websocket:
        print(f"Received message from client: {message}")
        response = input("Enter response to client: ")
        await websocket.send(response)


async def main():
    server = await websockets.serve(handle_client, "localhost", int(sys.argv[1]))
    print("ready on :%d" % server.sockets[0].getsockname()[1], file=sys.stderr)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
