# A client as question 3 of the lab asks for it: python3 DateTimeClient.py <server> <port> <count> <request>...
# New: the count ends it, and the pauses are a hundredth of the lab's.
import random
import socket
import sys
import time

server, port, count, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(5)
for i in range(count):
    sock.sendto(requests[i % len(requests)].encode(), (server, port))
    response, address = sock.recvfrom(1024)
    print(response.decode())
    time.sleep(random.uniform(1, 2) / 100)
