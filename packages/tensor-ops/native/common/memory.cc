#include "common/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>

namespace icconv {
namespace {

constexpr size_t kReserve = 16 << 20;
// What is less comes from memory that the process has, mostly.
constexpr size_t kLarge = 1 << 20;

std::atomic<AllocationProbe> probe{nullptr};

size_t read_machine_memory() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGESIZE);
    size_t most = pages > 0 && page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page) : std::numeric_limits<size_t>::max();
    // Of control groups, version 2 and 1; "max" is no number.
    for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        size_t limit = 0;
        if (std::ifstream(file) >> limit && limit > 0) most = std::min(most, limit);
    }
    return most;
}

}  // namespace

size_t machine_memory() {
    static const size_t most = read_machine_memory();
    return most;
}

bool obtainable(size_t bytes) {
    if (bytes > machine_memory()) return false;
    // Mapped and not touched, which takes some microseconds at any size.
    const size_t wanted = bytes + kReserve;
    void* const place = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return false;
    munmap(place, wanted);
    return true;
}

void set_allocation_probe(AllocationProbe to) { probe.store(to); }

Memory allocate(size_t bytes, size_t alignment) {
    if (const AllocationProbe told = probe.load(std::memory_order_relaxed)) told(bytes);
    if (bytes >= kLarge && !obtainable(bytes)) throw OutOfMemory(bytes);
    const bool plain = alignment <= alignof(std::max_align_t);
    Memory memory(plain ? std::malloc(std::max<size_t>(bytes, 1)) : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
    if (memory == nullptr && bytes > 0) throw OutOfMemory(bytes);
    return memory;
}

}  // namespace icconv
