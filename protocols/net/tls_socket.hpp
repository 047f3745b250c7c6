#pragma once
// What TLS clients and servers share. Used inside protocols/net only: it names OpenSSL.

#include <memory>
#include <openssl/ssl.h>
#include <string>

namespace tplink::net {

template <auto Free> struct OpenSslDeleter {
    template <class T> void operator()(T* object) const { Free(object); }
};
using SslContext = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;
using SslConnection = std::unique_ptr<SSL, OpenSslDeleter<SSL_free>>;
using MemoryBio = std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>>;

/// Lets `ssl` speak through the socket at `fd`, which outlives it. OpenSSL's own socket BIO raises SIGPIPE when the peer
/// has gone; this one does not. False when memory is short.
bool use_socket(SSL* ssl, int* fd);

/// Takes the reason out of this thread's error queue.
std::string queued_reason();

}  // namespace tplink::net
