#include "host/http/error.hpp"

namespace moonwire::http {

namespace {

class Category final : public net::ErrorCategory
{
public:
    const char* name() const noexcept override { return "moonwire.http"; }

    std::string message(int value) const override
    {
        return static_cast<errc>(value) == errc::bad_request ? "bad request" : "bad response";
    }

    std::string_view word(int value) const override
    {
        return static_cast<errc>(value) == errc::bad_request ? "bad_request" : "bad_response";
    }
};

}  // namespace

error_code make_error_code(errc code)
{
    static const Category category;
    return {static_cast<int>(code), category};
}

}  // namespace moonwire::http
