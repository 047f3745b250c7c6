#include "gateway/app/memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace tplink::gateway {
namespace {

constexpr int kArenas = 2;                // one for every few threads took 6 MB more with 50 streams, and no less time
constexpr int kMapFrom = 128 * 1024;      // bytes; a fixed limit: glibc would raise it with the first large picture freed

/// Only what the file has unchanged: segments that cannot be written. The loader's list is locked while this runs, so
/// that none of them is being built or taken away.
int forget_code(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
        const std::uintptr_t end = (object->dlpi_addr + segment.p_vaddr + segment.p_filesz) / page * page;
        // The kernel's own object refuses, which is right.
        if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void keep_memory_small() {
    ::mallopt(M_ARENA_MAX, kArenas);
    ::mallopt(M_MMAP_THRESHOLD, kMapFrom);
    ::mallopt(M_TRIM_THRESHOLD, kMapFrom);
}

void restart_with_small_caches([[maybe_unused]] char** arguments) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they bring an allocator of their own
    constexpr const char* kName = "GLIBC_TUNABLES";
    const char* given = std::getenv(kName);
    std::string settings = given == nullptr ? "" : given;
    if (settings.find("tcache_count") != std::string::npos) return;
    // Each thread keeps freed blocks for itself: 50 MB with a thread for each of 1000 devices, which sleep most of the time.
    // A few small ones may stay, at most 8 KB a thread: a poll takes a quarter less time with them.
    settings += std::string(settings.empty() ? "" : ":") + "glibc.malloc.tcache_count=4:glibc.malloc.tcache_max=256";
    ::setenv(kName, settings.c_str(), 1);
    ::execv("/proc/self/exe", arguments);
#endif
}

void give_back_memory() {
    ::malloc_trim(0);
    ::dl_iterate_phdr(forget_code, nullptr);
}

}  // namespace tplink::gateway
