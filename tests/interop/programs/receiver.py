# A receiver as part 4.1 of the lab asks for it: python3 receiver.py <group> <port>. New: the address of the interface
# may be given, and port 0 takes a free one and says it on standard error.
import socket
import struct
import sys

group, port = sys.argv[1], int(sys.argv[2])
interface = sys.argv[3] if len(sys.argv) > 3 else "0.0.0.0"

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind((group, port))
membership = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(interface))
sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
print("ready on :%d" % sock.getsockname()[1], file=sys.stderr)
while True:
    data = sock.recv(65535)
    print(data[6:].decode())
