// Memory for the intermediate results of a task.
#ifndef ICCONV_COMMON_WORKSPACE_H_
#define ICCONV_COMMON_WORKSPACE_H_

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace icconv {

struct FreeMemory {
    void operator()(void* p) const { std::free(p); }
};
using Memory = std::unique_ptr<void, FreeMemory>;

// At multiples of a cache line.
inline Memory allocate(size_t bytes) {
    Memory memory(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

// Memory that a thread keeps from call to call, some megabytes: asked for anew, it would be mapped and faulted in each time.
class Workspace {
public:
    void* get(size_t bytes) {
        if (bytes > size_) {
            memory_.reset();
            size_ = 0;
            memory_ = allocate(bytes);
            size_ = bytes;
        }
        return memory_.get();
    }

private:
    Memory memory_;
    size_t size_ = 0;
};

}  // namespace icconv

#endif  // ICCONV_COMMON_WORKSPACE_H_
