#pragma once
// Which passwords which devices refused: such a one is not tried again until something changes, not even after a restart.

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/state_store.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/discovery/found.hpp"

namespace tplink::gateway {

/// Thread-safe. Keeps a salted hash of the credentials, never themselves.
class Refusals {
public:
    /// store outlives it.
    /// look_again: how soon a device with another form to try is asked for again; nothing is sent unless the account worked.
    explicit Refusals(StateStore& store, std::chrono::seconds look_again = std::chrono::seconds{15});

    /// The refusal that still stands for these credentials: neither they nor what the device announces have changed. With
    /// `retry_after` when it may end by itself: the password has a second form, worth an attempt once another device took it.
    std::optional<Error> standing(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced) const;
    /// Keeps a refusal that the device counted; others cost nothing and are not kept. form: of the password, that was
    /// refused now and leaves another one to try, "md5" or "sha256", whatever ended the login then. Empty: none.
    void put(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced, const Error& error,
             const std::string& form = {});
    /// A human wants it tried again; the form that was refused stays known.
    void forget(const std::string& device);

    /// It took the other form: nothing stands any more.
    void taken_after_all(const std::string& device);

    /// A device took them.
    void accepted(const Credentials& credentials);
    bool works(const Credentials& credentials) const;
    /// The form of them that the device has refused while the other one is left to try; empty: none or both.
    std::string refused_form(const std::string& device, const Credentials& credentials) const;

private:
    std::string fingerprint(const Credentials& credentials) const;

    StateStore& store_;
    const std::chrono::seconds look_again_;
    std::string salt_;
    mutable std::mutex mutex_;
    std::vector<std::string> accepted_;  ///< fingerprints, the newest last
};

}  // namespace tplink::gateway
