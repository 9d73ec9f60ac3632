#include "host/tls/protocol.hpp"

#include "host/tls/protocol_error.hpp"
#include "host/tls/verify_error.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>

namespace moonwire::tls {

Protocol::Protocol(std::shared_ptr<const Context> context, std::string name, SSL_SESSION* session,
                   observe::WallTime time)
    : context_(std::move(context)), name_(std::move(name)), ssl_(context_->new_ssl(name_, session, time))
{
    SSL_set_app_data(ssl_.get(), this);
    if (const int mode = SSL_get_verify_mode(ssl_.get()); mode != SSL_VERIFY_NONE) {
        SSL_set_verify(ssl_.get(), mode, verified);
    }
    BIO* bio = BIO_new(bio_method());
    if (bio == nullptr) {
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
}

const BIO_METHOD* Protocol::bio_method()
{
    static const BIO_METHOD* method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "moonwire");
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });
        return made;
    }();
    return method;
}

int Protocol::bio_read(BIO* bio, char* data, int size)
{
    auto& self = *static_cast<Protocol*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.input_.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t taken = std::min(self.input_.size(), static_cast<std::size_t>(size));
    std::memcpy(data, self.input_.data(), taken);
    self.input_.remove_prefix(taken);
    return static_cast<int>(taken);
}

int Protocol::bio_write(BIO* bio, const char* data, int size)
{
    static_cast<Protocol*>(BIO_get_data(bio))->output_.append(data, static_cast<std::size_t>(size));
    return size;
}

// Called for each certificate of the peer's chain: the first that is not good decides.
int Protocol::verified(int good, X509_STORE_CTX* store)
{
    if (good == 0) {
        const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
        auto& self = *static_cast<Protocol*>(SSL_get_app_data(ssl));
        const int error = X509_STORE_CTX_get_error(store);
        self.failure_ = {verify_error(error), verify_reason(error, X509_STORE_CTX_get_current_cert(store), self.name_)};
    }
    return good;
}

Protocol::Status Protocol::fail()
{
    if (failure_.error) {
        ERR_clear_error();
    } else {
        failure_.error = protocol_failure();
        failure_.message = net::reason(failure_.error);
    }
    return Status::failed;
}

void Protocol::offer(std::string_view arrived)
{
    if (kept_.empty()) {
        input_ = arrived;
        return;
    }
    offered_ = std::move(kept_);
    offered_.append(arrived);
    input_ = offered_;
}

void Protocol::keep_rest()
{
    kept_.assign(input_);
    input_ = {};
    offered_.clear();
}

Protocol::Status Protocol::handshake(std::string_view arrived)
{
    offer(arrived);
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    keep_rest();
    if (result == 1) {
        return Status::done;
    }
    return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ ? Status::wants_input : fail();
}

Protocol::Decrypted Protocol::decrypt(std::string_view arrived, std::span<char> plain)
{
    offer(arrived);
    std::size_t size = 0;
    Status status = Status::done;
    while (size < plain.size()) {
        ERR_clear_error();
        const auto space = static_cast<int>(std::min<std::size_t>(plain.size() - size, INT_MAX));
        const int result = SSL_read(ssl_.get(), plain.data() + size, space);
        if (result > 0) {
            size += static_cast<std::size_t>(result);
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), result);
        status = error == SSL_ERROR_WANT_READ     ? Status::wants_input
                 : error == SSL_ERROR_ZERO_RETURN ? Status::ended
                                                  : fail();
        break;
    }
    keep_rest();
    return {status, size};
}

bool Protocol::encrypt(std::string_view plain)
{
    ERR_clear_error();
    while (!plain.empty()) {
        const auto size = static_cast<int>(std::min<std::size_t>(plain.size(), INT_MAX));
        const int written = SSL_write(ssl_.get(), plain.data(), size);
        if (written <= 0) {
            fail();
            return false;
        }
        plain.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void Protocol::send_close_notify()
{
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace moonwire::tls
