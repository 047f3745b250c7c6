#include "tests/e2e/mosquitto_fixture.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/media/wait_until.hpp"

namespace tplink::e2e {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool listens(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

void run(const std::vector<std::string>& command, const std::filesystem::path& log) {
    int status = 0;
    const pid_t pid = spawn(command, log);
    if (::waitpid(pid, &status, 0) != pid || status != 0)
        throw std::runtime_error(command.front() + " failed, see " + log.string());
}

// Debian keeps the broker where a user's PATH does not look.
std::string mosquitto_program() {
    for (const char* path : {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"})
        if (std::filesystem::exists(path)) return path;
    return "mosquitto";
}

void make_certificates(const std::filesystem::path& folder) {
    const auto file = [&](const char* name) { return (folder / name).string(); };
    const auto log = folder / "openssl.log";
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=test ca", "-keyout", file("ca.key"), "-out", file("ca.pem")}, log);
    run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
         "-keyout", file("server.key"), "-out", file("server.csr")}, log);
    std::ofstream(file("names.cnf")) << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
    run({"openssl", "x509", "-req", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
         "-CAcreateserial", "-days", "30", "-extfile", file("names.cnf"), "-out", file("server.pem")}, log);
    run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=gateway",
         "-keyout", file("client.key"), "-out", file("client.csr")}, log);
    run({"openssl", "x509", "-req", "-in", file("client.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
         "-CAcreateserial", "-days", "30", "-out", file("client.pem")}, log);
}

}  // namespace

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    const bool ok = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    ::close(fd);
    if (!ok) throw std::runtime_error("no free port on loopback");
    return ntohs(address.sin_port);
}

pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& log) {
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string log_name = log.string();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const int fd = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

Mosquitto::Mosquitto(MosquittoOptions options, NotRunning) : options_(std::move(options)), port_(free_port()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "broker_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    // Started as root, mosquitto becomes its own user and must still read its files.
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    write_files();
}

Mosquitto::Mosquitto(MosquittoOptions options) : Mosquitto(std::move(options), NotRunning{}) { start(); }

Mosquitto Mosquitto::stopped(MosquittoOptions options) { return {std::move(options), NotRunning{}}; }

Mosquitto::~Mosquitto() {
    if (pid_ > 0) end(SIGTERM);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Mosquitto::write_files() const {
    const auto file = [&](const char* name) { return (folder_ / name).string(); };
    std::ofstream conf(file("mosquitto.conf"));
    conf << "listener " << port_ << " 127.0.0.1\n";
    if (::geteuid() == 0) conf << "user root\n";
    if (options_.tls) {
        make_certificates(folder_);
        conf << "cafile " << file("ca.pem") << "\ncertfile " << file("server.pem") << "\nkeyfile " << file("server.key") << "\n";
    }
    if (options_.wants_certificate) conf << "require_certificate true\n";
    conf << "allow_anonymous " << (options_.username.empty() ? "true" : "false") << "\n";
    if (!options_.username.empty()) {
        run({"mosquitto_passwd", "-c", "-b", file("passwd"), options_.username, options_.password}, folder_ / "passwd.log");
        conf << "password_file " << file("passwd") << "\n";
    }
    if (options_.persistent) conf << "persistence true\npersistence_location " << folder_.string() << "/\n";
    if (options_.max_packet_bytes != 0) conf << "max_packet_size " << options_.max_packet_bytes << "\n";
}

void Mosquitto::start() {
    if (pid_ > 0) return;
    pid_ = spawn({mosquitto_program(), "-c", (folder_ / "mosquitto.conf").string()}, folder_ / "mosquitto.log");
    bool ended = false;
    const bool ready = media::test::wait_until([&] {
        ended = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
        return ended || listens(port_);
    });
    if (ended) pid_ = -1;
    if (ended || !ready) throw std::runtime_error("mosquitto does not listen, see " + (folder_ / "mosquitto.log").string());
}

void Mosquitto::end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void Mosquitto::stop() { end(SIGTERM); }
void Mosquitto::kill() { end(SIGKILL); }

}  // namespace tplink::e2e
