# A PDC as the lab's part 3 asks for it: python3 UDP_PDC.py <server> <port>
# New: a third argument is the time to wait for an answer, in seconds, and the number of requests is said at the end.
import select
import socket
import sys

server, port = sys.argv[1], int(sys.argv[2])
timeout = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0

sockets = []
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        address = socket.getaddrinfo(server, port, family, socket.SOCK_DGRAM)[0][4]
    except socket.gaierror:
        continue  # the name has no address of this version
    sockets.append((socket.socket(family, socket.SOCK_DGRAM), address))

requests = 0
answered = False
while not answered:
    for s, address in sockets:
        s.sendto(b"RESET:20", address)
    requests += 1
    readable, _, _ = select.select([s for s, _ in sockets], [], [], timeout)
    if readable:
        data, addr = readable[0].recvfrom(1024)
        print(data.decode())
        answered = True
print("requests:", requests, file=sys.stderr)
