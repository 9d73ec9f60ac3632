# The lab's server as websocketd runs it: websocketd --port=8080 --devconsole python wsd_server.py
import sys
import threading
import time
from datetime import datetime


def timestamp():
    return datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def read_status():
    with open("Status") as file:
        return file.read().strip()


def receive():
    for line in sys.stdin:
        with open("serverLog", "a") as log:
            log.write(line)


threading.Thread(target=receive, daemon=True).start()
seq = 100
known = read_status()
print("the status is", known, file=sys.stderr)
while True:
    time.sleep(1)
    status = read_status()
    if status != known:
        print(f"Status: {timestamp()} - {seq} - {status}")
        sys.stdout.flush()
        seq += 1
        known = status
