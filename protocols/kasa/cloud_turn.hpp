#pragma once
// Inside the account only: whose turn it is, and how its errors are marked.

#include "protocols/kasa/cloud_account.hpp"

namespace tplink::kasa {

/// The cloud's troubles say nothing about the camera.
inline Error aside(Error error) {
    error.aside = true;
    return error;
}

/// Holds the account for one conversation.
class CloudAccount::Turn {
public:
    explicit Turn(CloudAccount& account) : account_(account) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        {
            const std::lock_guard lock(account_.mutex_);
            account_.busy_ = false;
        }
        account_.turn_free_.notify_one();
    }

private:
    CloudAccount& account_;
};

}  // namespace tplink::kasa
