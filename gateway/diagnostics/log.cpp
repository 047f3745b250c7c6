#include "gateway/diagnostics/log.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <mutex>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace tplink::gateway {
namespace {

spdlog::level::level_enum level_from(const std::string& word) {
    if (word == "trace") return spdlog::level::trace;
    if (word == "debug") return spdlog::level::debug;
    if (word == "warning") return spdlog::level::warn;
    if (word == "error") return spdlog::level::err;
    return spdlog::level::info;
}

std::string word_of(spdlog::level::level_enum level) {
    switch (level) {
    case spdlog::level::trace: return "trace";
    case spdlog::level::debug: return "debug";
    case spdlog::level::warn: return "warning";
    case spdlog::level::err:
    case spdlog::level::critical: return "error";
    default: return "info";
    }
}

/// {"time":...,"level":...,"device":...,"message":...}
class JsonFormatter final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        const auto time = std::chrono::duration<double>(message.time.time_since_epoch()).count();
        boost::json::object line{{"time", time}, {"level", word_of(message.level)}};
        if (message.logger_name.size() > 0) line["device"] = boost::json::string(message.logger_name.data(), message.logger_name.size());
        line["message"] = boost::json::string(message.payload.data(), message.payload.size());
        const std::string text = boost::json::serialize(line) + "\n";
        out.append(text.data(), text.data() + text.size());
    }
    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

class ListenerSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    void set(LogListener listener) {
        const std::lock_guard lock(mutex_);
        listener_ = std::move(listener);
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (!listener_ || message.level < spdlog::level::info) return;
        listener_(word_of(message.level), std::string(message.logger_name.data(), message.logger_name.size()),
                  std::string(message.payload.data(), message.payload.size()));
    }
    void flush_() override {}

private:
    LogListener listener_;
};

}  // namespace

struct Log::Impl {
    std::shared_ptr<spdlog::sinks::stderr_sink_mt> err = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    std::shared_ptr<ListenerSink> listeners = std::make_shared<ListenerSink>();
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<spdlog::logger>> loggers;
    spdlog::level::level_enum level = spdlog::level::info;
};

Log::Log(const LogConfig& config) : impl_(std::make_unique<Impl>()) {
    set_format(config.format);
    impl_->level = level_from(config.level);
}

Log::~Log() = default;

void Log::set_format(LogFormat format) {
    if (format == LogFormat::json) impl_->err->set_formatter(std::make_unique<JsonFormatter>());
    else impl_->err->set_pattern("%Y-%m-%d %H:%M:%S.%e %-7l [%n] %v");
}

std::shared_ptr<spdlog::logger> Log::logger(const std::string& name) {
    const std::lock_guard lock(impl_->mutex);
    auto& logger = impl_->loggers[name];
    if (!logger) {
        const spdlog::sinks_init_list sinks{impl_->err, impl_->listeners};
        logger = std::make_shared<spdlog::logger>(name, sinks);
        logger->set_level(impl_->level);
        logger->flush_on(spdlog::level::trace);
    }
    return logger;
}

void Log::set_level(const std::string& level) {
    const std::lock_guard lock(impl_->mutex);
    impl_->level = level_from(level);
    for (auto& [name, logger] : impl_->loggers) logger->set_level(impl_->level);
}

std::string Log::level() const {
    const std::lock_guard lock(impl_->mutex);
    return word_of(impl_->level);
}

void Log::listen(LogListener listener) { impl_->listeners->set(std::move(listener)); }

}  // namespace tplink::gateway
