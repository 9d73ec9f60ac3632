# The lab's client: python ws_client.py <server:port>
import random
import sys
import threading
import time
from datetime import datetime

import websocket


def timestamp():
    return datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def on_open(ws):
    def beat():
        while True:
            ws.send(f"Heartbeat: {timestamp()} - {random.randint(0, 100)}")
            time.sleep(10)

    threading.Thread(target=beat, daemon=True).start()


def on_message(ws, message):
    print(message)
    seq = message.split(" - ")[1]
    ws.send(f"ACK: {timestamp()} - {seq}")


def on_close(ws, code, reason):
    print("closed:", code, reason)


ws = websocket.WebSocketApp(f"ws://{sys.argv[1]}", on_open=on_open, on_message=on_message, on_close=on_close)
ws.run_forever()
