# A PMU as the lab's part 5 asks for it: python3 secure_pmu.py <port> <certificate> <key>
# Port 0 takes a free one; the port is said on standard error.
import socket
import ssl
import sys

port, certificate, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("localhost", port))
sock.listen(5)
print("ready on :%d" % sock.getsockname()[1], file=sys.stderr)
while True:
    connection, address = sock.accept()
    try:
        connection = context.wrap_socket(connection, server_side=True)
        command = connection.recv(1024).decode()
        print("command:", command)
        for i in range(10):
            connection.send(("This is PMU data %d" % i).encode())
        connection.unwrap()
    except (ssl.SSLError, OSError) as error:
        print("turned away:", error)
    connection.close()
