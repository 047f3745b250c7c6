#pragma once
// Which passwords which devices refused: such a one is not tried again until something changes, not even after a restart.

#include <optional>
#include <string>

#include "gateway/config/state_store.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/discovery/found.hpp"

namespace tplink::gateway {

/// Thread-safe. Keeps a salted hash of the credentials, never themselves.
class Refusals {
public:
    /// store outlives it.
    explicit Refusals(StateStore& store);

    /// The refusal that still stands for these credentials: neither they nor what the device announces have changed.
    std::optional<Error> standing(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced) const;
    /// Keeps a refusal that the device counted; others cost nothing and are not kept.
    void put(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced, const Error& error);
    void forget(const std::string& device);

private:
    std::string fingerprint(const Credentials& credentials) const;

    StateStore& store_;
    std::string salt_;
};

}  // namespace tplink::gateway
