# A PMU as the lab's part 2 describes it: python3 PMU.py <port> <n> <bytes of the flood>
# Port 0 takes a free one; the port is said on standard error.
import socket
import sys
import time

port, n, flood_size = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("", port))
sock.listen(5)
print("ready on :%d" % sock.getsockname()[1], file=sys.stderr)
while True:
    connection, address = sock.accept()
    command = connection.recv(1024).decode()
    print("command:", command)
    if command.startswith("CMD_short:"):
        d = float(command[len("CMD_short:"):])
        for i in range(n):
            connection.send(("This is PMU data %d" % i).encode())
            time.sleep(d)
    elif command == "CMD_floodme":
        connection.sendall(("0123456789" * (flood_size // 10 + 1))[:flood_size].encode())
    else:
        connection.send(b"ERROR: unknown command")
    connection.close()
