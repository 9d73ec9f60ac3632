# A sender as part 4.2 of the lab asks for it: python3 sender.py <group> <port> <sciper>. New: the address of the
# interface may be given.
import socket
import sys

group, port, sciper = sys.argv[1], int(sys.argv[2]), sys.argv[3]

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if len(sys.argv) > 4:
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[4]))
for line in sys.stdin:
    sock.sendto(sciper.encode() + line.rstrip("\n").encode(), (group, port))
