// What a TLS connection tells of its handshake as it goes.
#include "host/tls/protocol.hpp"

#include <array>
#include <utility>

namespace moonwire::tls {

namespace {

// RFC 8446, section 4, and RFC 5246, section 7.4.
constexpr std::array<std::pair<int, std::string_view>, 15> handshake_messages = {{
    {SSL3_MT_HELLO_REQUEST, "HelloRequest"},
    {SSL3_MT_CLIENT_HELLO, "ClientHello"},
    {SSL3_MT_SERVER_HELLO, "ServerHello"},
    {SSL3_MT_NEWSESSION_TICKET, "NewSessionTicket"},
    {SSL3_MT_END_OF_EARLY_DATA, "EndOfEarlyData"},
    {SSL3_MT_ENCRYPTED_EXTENSIONS, "EncryptedExtensions"},
    {SSL3_MT_CERTIFICATE, "Certificate"},
    {SSL3_MT_SERVER_KEY_EXCHANGE, "ServerKeyExchange"},
    {SSL3_MT_CERTIFICATE_REQUEST, "CertificateRequest"},
    {SSL3_MT_SERVER_DONE, "ServerHelloDone"},
    {SSL3_MT_CERTIFICATE_VERIFY, "CertificateVerify"},
    {SSL3_MT_CLIENT_KEY_EXCHANGE, "ClientKeyExchange"},
    {SSL3_MT_FINISHED, "Finished"},
    {SSL3_MT_CERTIFICATE_STATUS, "CertificateStatus"},
    {SSL3_MT_KEY_UPDATE, "KeyUpdate"},
}};

std::string_view handshake_message(int type)
{
    for (const auto& [number, name] : handshake_messages) {
        if (number == type) {
            return name;
        }
    }
    return "unknown message";
}

}  // namespace

void Protocol::watch(Watcher watcher)
{
    watcher_ = std::move(watcher);
    SSL_set_msg_callback(ssl_.get(), message_told);
    SSL_set_msg_callback_arg(ssl_.get(), this);
    if (watcher_.secret) {
        context_->tell_secrets();
    }
}

void Protocol::message_told(int sent, int /*version*/, int type, const void* bytes, std::size_t size, SSL* /*ssl*/,
                            void* argument)
{
    const Watcher& watcher = static_cast<Protocol*>(argument)->watcher_;
    const auto* content = static_cast<const unsigned char*>(bytes);
    if (type == SSL3_RT_HANDSHAKE && size > 0) {
        watcher.message(sent != 0, handshake_message(content[0]), size);
    } else if (type == SSL3_RT_CHANGE_CIPHER_SPEC) {
        watcher.message(sent != 0, "ChangeCipherSpec", size);
    } else if (type == SSL3_RT_ALERT && size > 1 && content[1] != SSL3_AD_CLOSE_NOTIFY) {  // that is an end
        watcher.message(sent != 0, std::string("alert: ") + SSL_alert_desc_string_long(content[1]), size);
    }
}

void Protocol::tell_secret(const SSL* ssl, std::string_view line)
{
    const auto& self = *static_cast<const Protocol*>(SSL_get_app_data(ssl));
    if (self.watcher_.secret) {
        self.watcher_.secret(line);
    }
}

}  // namespace moonwire::tls
