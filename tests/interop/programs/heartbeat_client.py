# The client of checkpoint 3: python3 heartbeat_client.py <server>:<port> <seconds between heartbeats>
import datetime
import random
import sys
import threading
import time

import websocket


def timestamp():
    return datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def on_open(ws):
    def beat():
        while True:
            ws.send("Heartbeat: %s - %d" % (timestamp(), random.randint(0, 100)))
            time.sleep(float(sys.argv[2]))
    threading.Thread(target=beat, daemon=True).start()


def on_message(ws, message):
    print(message)
    seq = message.split(" - ")[1]
    ws.send("ACK: %s - %s" % (timestamp(), seq))


ws = websocket.WebSocketApp("ws://" + sys.argv[1], on_open=on_open, on_message=on_message)
ws.run_forever()
