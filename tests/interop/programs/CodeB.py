# Code B of the lab. New: the port may be given.
import socket
import sys

HOST = 'localhost' # The remote host
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 50007 # The same port as used by the server

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'Hello, Romeo! ', (HOST,PORT) )
s.close()
print('Message sent')
