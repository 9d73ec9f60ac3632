# A server as question 3 of the lab asks for it: python3 DateTimeServer.py <port>. Port 0 takes a free one; the port is
# said on standard error.
import datetime
import socket
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", int(sys.argv[1])))
print("ready on :%d" % sock.getsockname()[1], file=sys.stderr)
while True:
    request, address = sock.recvfrom(1024)
    print("Request:", request.decode())
    now = datetime.datetime.now()
    if request == b"SEND_DATE":
        sock.sendto(now.strftime("%d %B %Y").encode(), address)
    elif request == b"SEND_TIME":
        sock.sendto(now.strftime("%H:%M:%S").encode(), address)
