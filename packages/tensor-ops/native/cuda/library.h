// A shared library reached at run time, so that ours loads where it is absent.
#ifndef ICCONV_CUDA_LIBRARY_H_
#define ICCONV_CUDA_LIBRARY_H_

#include <dlfcn.h>

#include <string>

#include "cuda/cuda_error.h"

namespace icconv {

class Library {
public:
    // remedy: what brings the library. @throws CudaUnavailable
    Library(const char* name, const char* remedy) : name_(name), remedy_(remedy), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
        if (handle_ == nullptr) {
            const char* const why = dlerror();
            throw CudaUnavailable(name_ + " is not found (" + (why == nullptr ? "no reason given" : why) + "); remedy: " + remedy_);
        }
    }

    template <typename F>
    void find(const char* symbol, F** function) const {
        *function = reinterpret_cast<F*>(dlsym(handle_, symbol));
        if (*function == nullptr) throw CudaUnavailable(name_ + " has no " + symbol + ": it is too old; remedy: " + remedy_);
    }

private:
    std::string name_;
    std::string remedy_;
    void* handle_;  // Never closed: what came from it may run until the process ends.
};

}  // namespace icconv

#endif  // ICCONV_CUDA_LIBRARY_H_
