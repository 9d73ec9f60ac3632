# A PDC as the lab's part 2 asks for it: python3 PDC.py <server> <port> <command>
import socket
import sys

PREFIX = "This is PMU data "

server, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3]

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect((server, port))
sock.send(command.encode())

received = ""
while True:
    data = sock.recv(1024)
    if not data:
        break
    received += data.decode()
    # A message is complete when the next one has begun.
    end = received.find(PREFIX, 1)
    while end > 0:
        print(received[:end])
        received = received[end:]
        end = received.find(PREFIX, 1)
print(received)
sock.close()
