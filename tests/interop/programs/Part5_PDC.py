# A PDC as the lab's part 5 has it: python3 Part5_PDC.py <command> <ca-certificate> <port>
import socket
import ssl
import sys

command, authority, port = sys.argv[1], sys.argv[2], int(sys.argv[3])

context = ssl.create_default_context(cafile=authority)
with socket.create_connection(("localhost", port)) as plain:
    with context.wrap_socket(plain, server_hostname="localhost") as sock:
        print(sock.version(), file=sys.stderr)
        sock.send(command.encode())
        data = sock.recv(1024)
        while data:
            sys.stdout.write(data.decode())
            data = sock.recv(1024)
