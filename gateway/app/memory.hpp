#pragma once
// How much memory the process keeps that it does not use.

namespace tplink::gateway {

/// To be called at the start of the program, before there are threads.
void keep_memory_small();

/// A further setting that the C library reads at the start of a program only: starts this program anew with it, by the
/// same process, unless it has it. Returns when there is nothing to do, or when that cannot be done.
void restart_with_small_caches(char** arguments);

/// Gives back what the allocator holds free, and the code that only the start or something rare has run: it is read
/// from the page cache again when it is needed. Takes about a millisecond; to be called now and then. Thread-safe.
void give_back_memory();

}  // namespace tplink::gateway
