#include "protocols/child_session.hpp"

#include <atomic>
#include <mutex>

namespace tplink {
namespace {

class SharedSession final : public Session {
public:
    explicit SharedSession(std::unique_ptr<Session> parent) : parent_(std::move(parent)) {}

    Result<Identity> identify() override {
        const std::lock_guard turn(mutex_);
        return parent_->identify();
    }
    Result<std::vector<Answer>> query(std::span<const Request> requests) override {
        const std::lock_guard turn(mutex_);
        return parent_->query(requests);
    }
    Result<json::value> call(const Request& request) override {
        const std::lock_guard turn(mutex_);
        return parent_->call(request);
    }
    std::string_view transport() const override { return parent_->transport(); }
    std::optional<Facts> facts() const override { return parent_->facts(); }
    void cancel() override { parent_->cancel(); }

private:
    std::mutex mutex_;
    std::unique_ptr<Session> parent_;
};

class ChildSession final : public Session {
public:
    ChildSession(std::shared_ptr<Session> parent, std::string child, Identity identity)
        : parent_(std::move(parent)), child_(std::move(child)), identity_(std::move(identity)) {}

    Result<Identity> identify() override {
        if (cancelled_) return gone();
        return identity_;
    }
    Result<std::vector<Answer>> query(std::span<const Request> requests) override {
        if (cancelled_) return gone();
        std::vector<Request> addressed(requests.begin(), requests.end());
        for (Request& request : addressed) request.child = child_;
        return parent_->query(addressed);
    }
    Result<json::value> call(const Request& request) override {
        if (cancelled_) return gone();
        return parent_->call({request.method, request.params, child_});
    }
    std::string_view transport() const override { return parent_->transport(); }
    void cancel() override { cancelled_ = true; }

private:
    static tl::unexpected<Error> gone() { return fail(Errc::cancelled, "cancelled"); }

    std::shared_ptr<Session> parent_;
    std::string child_;
    Identity identity_;
    std::atomic<bool> cancelled_ = false;
};

} // namespace

std::shared_ptr<Session> make_shared_session(std::unique_ptr<Session> parent) {
    return std::make_shared<SharedSession>(std::move(parent));
}

std::unique_ptr<Session> make_child_session(std::shared_ptr<Session> parent, std::string child,
                                            Identity identity) {
    return std::make_unique<ChildSession>(std::move(parent), std::move(child), std::move(identity));
}

} // namespace tplink
