# The station of part 4 of the lab: python3 -u p4bot.py <group> <port> <file> <seconds>. New: the address of the
# interface may be given, and it ends with the play.
import socket
import sys
import time

group, port, file, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if len(sys.argv) > 5:
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[5]))
for line in open(file):
    sock.sendto(b'swcmTV' + line.encode(), (group, port))
    time.sleep(seconds)
