# A PMU as the lab's part 3 describes it: python3 UDP_PMU.py <port> <4 or 6> <loss>
# Port 0 takes a free one; the port is said on standard error.
import random
import socket
import sys

port, version, loss = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])

if version == "6":
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
else:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", port))
print("ready on :%d" % s.getsockname()[1], file=sys.stderr)
while True:
    data, addr = s.recvfrom(1024)
    print("request:", data.decode())
    command, n = data.decode().split(":")
    if command == "RESET" and random.random() >= loss:
        s.sendto(b"OFFSET=%d" % random.randint(0, int(n)), addr)
