#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

namespace {

const std::string server_script = R"(
    local tls = require "moonwire.tls"
    local port, options = 0, assert(loadstring("return " .. arg[1]))()
    options.port, options.host = 0, "127.0.0.1"
    local server = assert(tls.listen(options))
    io.stderr:write("ready on 127.0.0.1:", server:port(), "\n")
    local function serve(connection)
        local info = connection:tls()
        connection:write(("%s alpn=%s name=%s resumed=%s client=%s\n"):format(info.version, info.protocol, info.server_name,
            info.resumed, info.peer_chain[1] and info.peer_chain[1].subject))
        for line in connection:lines() do
            connection:write(line:upper() .. "\n")
        end
        io.stderr:write("closed in order\n")
    end
    server:serve(serve, { refused = function(err) io.stderr:write("refused: ", err.code, "\n") end })
)";

// Says "hello" over one connection, and over a second one that resumes the first's session.
const std::string client_script = R"(
    local tls = require "moonwire.tls"
    local port, options = tonumber(arg[1]), assert(loadstring("return " .. arg[2]))()
    for _ = 1, 2 do
        local connection, err = tls.connect("127.0.0.1", port, options)
        local answer
        if connection then
            connection:write("hello\n")
            answer, err = connection:read_line()
        end
        if err then
            print("failed: " .. err.code)
            os.exit(1)
        end
        local info = connection:tls()
        print(("%s alpn=%s resumed=%s verified=%s server=%s: %s"):format(info.version, info.protocol, info.resumed,
            info.verified, info.peer_chain[1].subject, answer))
        options.session = connection:session()
        connection:close()
    end
)";

/// Certificates and scripts, as files.
class Files
{
public:
    Files()
    {
        const Authority authority;
        folder_.write("ca.pem", authority.certificate().pem());
        save(folder_, "server", authority.issue("localhost"));
        save(folder_, "www", authority.issue("www", {"www.example.org"}));
        save(folder_, "alice", authority.issue("alice", {}));
        save(folder_, "mallory", Authority("Other CA").issue("mallory", {}));
        folder_.write("server.lua", server_script);
        folder_.write("client.lua", client_script);
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    /// "{ certificate = '….pem', key = '….key', more }"
    std::string identity(const std::string& name, const std::string& more = "") const
    {
        return "{ certificate = '" + path(name + ".pem") + "', key = '" + path(name + ".key") + "', " + more + "}";
    }

    std::string ca() const { return "ca = '" + path("ca.pem") + "', "; }

private:
    TemporaryFolder folder_;
};

class OurServer
{
public:
    OurServer(const Files& files, const std::string& options)
        : process({MOONWIRE_EXECUTABLE, files.path("server.lua"), options}),
          port(port_of(process.wait_for_error("ready on")))
    {
    }

    Process process;
    std::string port;
};

/// `openssl s_server -rev`: sends back each line reversed.
class TheirServer
{
public:
    TheirServer(const Files& files, std::vector<std::string> arguments)
        : process(command(files, std::move(arguments))), port(port_of(process.wait_for_output("ACCEPT")))
    {
    }

    Process process;
    std::string port;

private:
    static std::vector<std::string> command(const Files& files, std::vector<std::string> more)
    {
        std::vector<std::string> all{"openssl",
                                     "s_server",
                                     "-accept",
                                     "127.0.0.1:0",
                                     "-rev",
                                     "-cert",
                                     files.path("server.pem"),
                                     "-key",
                                     files.path("server.key")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
};

std::vector<std::string> s_client(const Files& files, const std::string& port, std::vector<std::string> more)
{
    std::vector<std::string> all{"openssl",
                                 "s_client",
                                 "-connect",
                                 "127.0.0.1:" + port,
                                 "-CAfile",
                                 files.path("ca.pem"),
                                 "-verify_return_error"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// Lets s_client say hello; all that it has said.
std::string play_s_client(const Files& files, const std::string& port, const std::vector<std::string>& more)
{
    Process client(s_client(files, port, more));
    client.wait_for_output(" alpn=");
    client.write("hello\n");
    client.wait_for_output("HELLO");
    client.close_input();
    CHECK(client.wait() == 0);
    return client.output();
}

Finished play_our_client(const Files& files, const std::string& port, const std::string& options)
{
    return run({MOONWIRE_EXECUTABLE, files.path("client.lua"), port, options});
}

std::set<std::string> key_log(const std::string& path)
{
    std::set<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.rfind('#', 0) != 0) {
            lines.insert(line);
        }
    }
    return lines;
}

}  // namespace

TEST_CASE("openssl s_client and our server: versions, ALPN, SNI, resumption, key log")
{
    const Files files;
    const auto [flag, version] = GENERATE(std::pair{"-tls1_2", "TLSv1.2"}, std::pair{"-tls1_3", "TLSv1.3"});
    CAPTURE(version);
    OurServer server(files,
                     files.identity("server", "alpn = { 'mqtt', 'h2' }, key_log = '" + files.path("our_log") +
                                                  "', names = { ['www.example.org'] = " + files.identity("www") + "}"));
    const std::string first =
        play_s_client(files, server.port,
                      {flag, "-servername", "www.example.org", "-verify_hostname", "www.example.org", "-alpn",
                       "h2,mqtt", "-sess_out", files.path("session"), "-keylogfile", files.path("their_log")});
    CHECK_THAT(first, Contains(std::string(version) + " alpn=mqtt name=www.example.org resumed=false client=nil"));
    CHECK_THAT(first, Contains("Verification: OK") && Contains("subject=CN = www") && Contains("ALPN protocol: mqtt") &&
                          Contains("New, " + std::string(version)));
    server.process.wait_for_error("closed in order");
    CHECK(key_log(files.path("our_log")).size() == (version == std::string("TLSv1.2") ? 1 : 5));
    CHECK(key_log(files.path("our_log")) == key_log(files.path("their_log")));

    const std::string second =
        play_s_client(files, server.port, {flag, "-servername", "www.example.org", "-sess_in", files.path("session")});
    CHECK_THAT(second, Contains("resumed=true") && Contains("Reused, " + std::string(version)));
    const std::string without =
        play_s_client(files, server.port, {flag, "-noservername", "-verify_hostname", "localhost"});
    CHECK_THAT(without, Contains("alpn=nil name=nil resumed=false") && Contains("subject=CN = localhost"));
}

TEST_CASE("openssl s_client's certificate and our server")
{
    const Files files;
    OurServer server(files, files.identity("server", files.ca() + "client_certificate = 'required'"));
    for (const char* flag : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(flag);
        const std::string alice = play_s_client(
            files, server.port, {flag, "-cert", files.path("alice.pem"), "-key", files.path("alice.key")});
        CHECK_THAT(alice, Contains("client=CN=alice") && Contains("CN = Test CA"));  // which it may choose by
        const auto refused = [&](std::vector<std::string> more) {
            more.insert(more.begin(), flag);
            Process client(s_client(files, server.port, more));
            CHECK(client.wait() != 0);
            return client.error();
        };
        CHECK_THAT(refused({"-cert", files.path("mallory.pem"), "-key", files.path("mallory.key")}),
                   Contains("unknown ca"));
        server.process.wait_for_error("refused: unknown_authority");
        CHECK_THAT(refused({}), Contains("certificate required") || Contains("handshake failure"));
        server.process.wait_for_error("refused: certificate_required");
    }
    Process old(s_client(files, server.port, {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}));
    CHECK(old.wait() != 0);
    server.process.wait_for_error("refused: no_common_version");
}

TEST_CASE("our client and openssl s_server: versions, ALPN, SNI, resumption, key log")
{
    const Files files;
    const auto [flag, version] = GENERATE(std::pair{"-tls1_2", "TLSv1.2"}, std::pair{"-tls1_3", "TLSv1.3"});
    CAPTURE(version);
    TheirServer server(
        files, {flag, "-alpn", "mqtt,h2", "-servername", "www.example.org", "-cert2", files.path("www.pem"), "-key2",
                files.path("www.key"), "-keylogfile", files.path("their_log")});
    const Finished client = play_our_client(
        files, server.port,
        "{ " + files.ca() + "name = 'localhost', alpn = { 'h2', 'mqtt' }, key_log = '" + files.path("our_log") + "' }");
    CHECK(client.error.empty());
    const std::string agreed = std::string(version) + " alpn=mqtt resumed=";
    const std::string answer = " verified=true server=CN=localhost: olleh\n";
    CHECK(client.output == agreed + "false" + answer + agreed + "true" + answer);
    CHECK(key_log(files.path("our_log")) == key_log(files.path("their_log")));
    CHECK_FALSE(key_log(files.path("our_log")).empty());

    CHECK_THAT(play_our_client(files, server.port, "{ " + files.ca() + "name = 'www.example.org' }").output,
               Contains("resumed=true verified=true server=CN=www: olleh"));
    CHECK_THAT(play_our_client(files, server.port, "{ " + files.ca() + "}").output,
               Contains("alpn=nil resumed=false verified=true server=CN=localhost: olleh"));
    CHECK(play_our_client(files, server.port, "{}").output == "failed: unknown_authority\n");
    CHECK(play_our_client(files, server.port, "{ " + files.ca() + "name = 'other.example.org' }").output ==
          "failed: wrong_host_name\n");
    CHECK(play_our_client(files, server.port, "{ " + files.ca() + "alpn = 'smtp' }").output ==
          "failed: no_common_protocol\n");
    const std::string other = version == std::string("TLSv1.2") ? "min_version = '1.3'" : "max_version = '1.2'";
    CHECK(play_our_client(files, server.port, "{ " + files.ca() + other + " }").output ==
          "failed: no_common_version\n");
}

TEST_CASE("our client's certificate and openssl s_server")
{
    const Files files;
    const auto [flag, missing] =
        GENERATE(std::pair{"-tls1_2", "no_common_cipher"}, std::pair{"-tls1_3", "certificate_required"});
    CAPTURE(flag);
    TheirServer server(files, {flag, "-Verify", "2", "-verify_return_error", "-CAfile", files.path("ca.pem")});
    CHECK_THAT(play_our_client(files, server.port, files.identity("alice", files.ca())).output,
               Contains("verified=true server=CN=localhost: olleh"));
    CHECK(play_our_client(files, server.port, files.identity("mallory", files.ca())).output ==
          "failed: certificate_refused\n");
    CHECK(play_our_client(files, server.port, "{ " + files.ca() + "}").output ==
          "failed: " + std::string(missing) + "\n");
}

TEST_CASE("sslscan finds nothing weak in the default server")
{
    if (run({"sh", "-c", "command -v sslscan"}).status != 0) {
        WARN("sslscan is not installed: third_party/setup installs it");
        return;
    }
    const Files files;
    OurServer server(files, files.identity("server"));
    const std::string found = run({"sslscan", "--no-colour", "127.0.0.1:" + server.port}).output;
    INFO(found);
    for (const char* version : {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"}) {
        CHECK_THAT(found, Matches("[^]*\n" + std::string(version) + " +disabled\n[^]*"));
    }
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        CHECK_THAT(found, Matches("[^]*\n" + std::string(version) + " +enabled\n[^]*"));
    }
    CHECK_THAT(found, !Contains("Compression enabled"));
    CHECK_THAT(found, Contains("Session renegotiation not supported"));
    std::istringstream lines(found);
    int ciphers = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("Preferred", 0) == 0 || line.rfind("Accepted", 0) == 0) {
            ++ciphers;
            CAPTURE(line);
            CHECK((line.find(" TLS_") != std::string::npos || line.find(" ECDHE-") != std::string::npos));
            CHECK((line.find("GCM") != std::string::npos || line.find("POLY1305") != std::string::npos));
        }
    }
    CHECK(ciphers >= 6);
    CHECK_THAT(found, Contains("x25519") && !Contains("ffdhe"));
}
