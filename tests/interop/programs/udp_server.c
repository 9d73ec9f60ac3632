/* The server of the lab "UDP on one computer", as its text has it. Only new: the port may be given, and 0 takes a free
   one and says it on standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <unistd.h>

#define PORT 8080
#define BUFFER_SIZE 1024

int main(int argc, char** argv) {
    int sockfd;
    char buffer[BUFFER_SIZE];
    struct sockaddr_in server_addr, client_addr;

    // Create socket file descriptor
    if ((sockfd = socket(AF_INET, SOCK_DGRAM, 0)) < 0) {
        perror("Socket creation failed");
        exit(EXIT_FAILURE);
    }

    memset(&server_addr, 0, sizeof(server_addr));
    memset(&client_addr, 0, sizeof(client_addr));

    // Fill server information
    server_addr.sin_family = AF_INET; // IPv4
    server_addr.sin_addr.s_addr = INADDR_ANY;
    server_addr.sin_port = htons(argc > 1 ? atoi(argv[1]) : PORT);

    // Bind the socket with the server address
    if (bind(sockfd, (const struct sockaddr *)&server_addr, sizeof(server_addr)) < 0) {
        perror("Bind failed");
        close(sockfd);
        exit(EXIT_FAILURE);
    }

    int len, n;
    len = sizeof(client_addr); // Length of client address

    getsockname(sockfd, (struct sockaddr *)&server_addr, (socklen_t *)&len);
    fprintf(stderr, "ready on :%d\n", ntohs(server_addr.sin_port));

    printf("UDP Server is up and waiting for messages...\n");

    while (1) {
        // Receive message from client
        n = recvfrom(sockfd, buffer, BUFFER_SIZE, 0, (struct sockaddr *) &client_addr, (socklen_t *)&len);
        buffer[n] = '\0'; // Null terminate the string
        printf("Client: %s\n", buffer);

        // Send acknowledgment to client
        const char *ack = "Message received";
        sendto(sockfd, ack, strlen(ack), 0, (const struct sockaddr *) &client_addr, len);
        printf("Acknowledgment sent to client.\n");
    }

    close(sockfd);
    return 0;
}
