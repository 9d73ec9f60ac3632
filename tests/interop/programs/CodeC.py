# Code C of the lab. New: the port may be given (0 takes a free one and says it on standard error), and the `else` that
# the listing lost is there again; without it the server would stop after its first 8 bytes.
import socket
import sys
HOST = 'localhost'
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 5002
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind((HOST, PORT))
sock.listen(1)
print("ready on :%d" % sock.getsockname()[1], file=sys.stderr)
while True:
    connection, addr = sock.accept()
    while True:
        data = connection.recv(8).decode()
        print("received:", data)
        if data:
            connection.sendall(data.encode())
        else:
            print("No more data from", addr)
            break
    connection.close()
