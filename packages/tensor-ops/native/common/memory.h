// Memory that says how much was asked for when there is none.
//
// Kernels allocate through Array and allocate() alone: what they throw is OutOfMemory, which the binding turns into a status.
#ifndef ICCONV_COMMON_MEMORY_H_
#define ICCONV_COMMON_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <vector>

namespace icconv {

class OutOfMemory final : public std::bad_alloc {
public:
    explicit OutOfMemory(size_t bytes) : bytes_(bytes) {}
    // What was asked for.
    size_t bytes() const { return bytes_; }
    const char* what() const noexcept override { return "out of memory"; }

private:
    size_t bytes_;
};

// What this process can have at most: the machine's memory, or less where the system limits its group. Where systems promise memory
// that they do not have, asking for more would end the process when it is used.
size_t machine_memory();

// Whether the system would give so much, and a little for others to go on with: TensorFlow, the runtime and the libraries below them end
// the process where some hundred bytes are missing.
bool obtainable(size_t bytes);

// Told of every allocation's bytes before it is made; may throw. For tests of what happens without memory.
using AllocationProbe = void (*)(size_t bytes);
void set_allocation_probe(AllocationProbe probe);

struct FreeMemory {
    void operator()(void* p) const { std::free(p); }
};
using Memory = std::unique_ptr<void, FreeMemory>;

// alignment: a power of two. @throws OutOfMemory
Memory allocate(size_t bytes, size_t alignment = 4096);

template <typename T>
struct Allocator {
    using value_type = T;
    static_assert(alignof(T) <= alignof(std::max_align_t));

    Allocator() = default;
    template <typename U>
    Allocator(const Allocator<U>&) {}

    T* allocate(size_t count) {
        if (count > std::numeric_limits<size_t>::max() / sizeof(T)) throw OutOfMemory(std::numeric_limits<size_t>::max());
        return static_cast<T*>(icconv::allocate(count * sizeof(T), alignof(std::max_align_t)).release());
    }
    void deallocate(T* p, size_t) { std::free(p); }
    friend bool operator==(Allocator, Allocator) { return true; }
    friend bool operator!=(Allocator, Allocator) { return false; }
};

template <typename T>
using Array = std::vector<T, Allocator<T>>;

}  // namespace icconv

#endif  // ICCONV_COMMON_MEMORY_H_
