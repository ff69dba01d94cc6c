// Memory for the intermediate results of a task.
#ifndef ICCONV_COMMON_WORKSPACE_H_
#define ICCONV_COMMON_WORKSPACE_H_

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace icconv {

// Memory that a thread keeps from call to call, some megabytes: asked for anew, it would be mapped and faulted in each time.
class Workspace {
public:
    void* get(size_t bytes) {
        if (bytes > size_) {
            memory_.reset();
            size_ = 0;
            memory_.reset(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
            if (memory_ == nullptr) throw std::bad_alloc();
            size_ = bytes;
        }
        return memory_.get();
    }

private:
    struct Free {
        void operator()(void* p) const { std::free(p); }
    };
    std::unique_ptr<void, Free> memory_;
    size_t size_ = 0;
};

}  // namespace icconv

#endif  // ICCONV_COMMON_WORKSPACE_H_
