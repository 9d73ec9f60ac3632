# A PDC as the lab's part 6 asks for it: python3 PDC.py <server> <port> <command>
# New: with a fourth argument, the authority's certificate, it speaks wss.
import sys

import websocket

server, port, command = sys.argv[1:4]
if len(sys.argv) > 4:
    ws = websocket.create_connection("wss://%s:%s" % (server, port), sslopt={"ca_certs": sys.argv[4]})
else:
    ws = websocket.create_connection("ws://%s:%s" % (server, port))
ws.send(command)
while True:
    message = ws.recv()
    if not message:
        break
    print(message)
ws.close()
