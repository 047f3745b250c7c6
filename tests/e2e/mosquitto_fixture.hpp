#pragma once
// A real broker on a free loopback port, started and ended by process id.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tplink::e2e {

struct MosquittoOptions {
    std::string username{}, password{};  ///< empty: anonymous
    bool persistent = false;         ///< keeps retained messages over restart()
    bool tls = false;                ///< own CA, made on the spot; see Mosquitto::ca_file()
    std::size_t max_packet_bytes = 0;
    bool wants_certificate = false;  ///< with tls: clients show one; see Mosquitto::client_cert()
};

class Mosquitto {
public:
    explicit Mosquitto(MosquittoOptions options = {});
    ~Mosquitto();
    Mosquitto(const Mosquitto&) = delete;
    Mosquitto& operator=(const Mosquitto&) = delete;

    /// Reserves the port without running, for a broker that is down at the start.
    static Mosquitto stopped(MosquittoOptions options = {});

    void start();    ///< returns when it listens; throws std::runtime_error after 10 s
    void stop();     ///< SIGTERM, waits
    void kill();     ///< SIGKILL, waits
    void restart() { stop(); start(); }

    std::uint16_t port() const { return port_; }
    std::string ca_file() const { return (folder_ / "ca.pem").string(); }
    std::string client_cert() const { return (folder_ / "client.pem").string(); }
    std::string client_key() const { return (folder_ / "client.key").string(); }
    std::filesystem::path folder() const { return folder_; }

private:
    struct NotRunning {};
    Mosquitto(MosquittoOptions options, NotRunning);
    void write_files() const;
    void end(int signal);

    MosquittoOptions options_;
    std::uint16_t port_ = 0;
    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

/// A port nobody listens on now, of 127.0.0.1.
std::uint16_t free_port();

/// Starts a program; its output goes to `log`. The caller waits for it.
pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& log);

}  // namespace tplink::e2e
