// Memory for the intermediate results of a task.
#ifndef ICCONV_COMMON_WORKSPACE_H_
#define ICCONV_COMMON_WORKSPACE_H_

#include <cstddef>

#include "common/memory.h"

namespace icconv {

// Memory that a thread keeps from call to call: of some megabytes, it would be mapped, zeroed and unmapped at every call, which took 2 to
// 3 % of the time of a layer.
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
    // Gives back what is too much to keep.
    void trim() {
        if (size_ <= kKept) return;
        memory_.reset();
        size_ = 0;
    }

private:
    static constexpr size_t kKept = 8 << 20;
    Memory memory_;
    size_t size_ = 0;
};

}  // namespace icconv

#endif  // ICCONV_COMMON_WORKSPACE_H_
