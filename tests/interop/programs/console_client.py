# The lab's client of "execution of socket on two computers". New: the port.
import asyncio
import sys

import websockets


async def communicate():
    uri = "ws://localhost:" + sys.argv[1]
    async with websockets.connect(uri) as websocket:
        while True:
            message = input("Enter message to send to server: ")
            await websocket.send(message)
            response = await websocket.recv()
            print(f"Received response from server: {response}")


if __name__ == "__main__":
    asyncio.run(communicate())
