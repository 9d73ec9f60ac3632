# A client made with another library than the lab's: python3 ws_lines.py <url>. The program behind is `cat`.
import asyncio
import sys

import websockets


async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        for message in ["Romeo", "", "Grüße", "two\nlines", "x" * 200000]:
            await socket.send(message)
            for line in message.split("\n"):
                assert await socket.recv() == line, line
        await socket.send(b"not UTF-8: \xff")
        assert await socket.recv() == b"not UTF-8: \xff"
        print("all came back")


asyncio.run(main())
