# Code A of the lab. New: the port may be given, and 0 takes a free one and says it on standard error.
import socket
import sys

HOST = '' # Symbolic name meaning all available interfaces
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 50007 # Arbitrary non-privileged port

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((HOST, PORT))
print("ready on :%d" % s.getsockname()[1], file=sys.stderr)
while True:
    data, addr = s.recvfrom(1024)
    print('From: ', addr)
    print('Received: ', data.decode('utf-8'))
