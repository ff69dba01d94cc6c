#include "cuda/nvrtc.h"

#include <algorithm>
#include <vector>

#include "cuda/kernel_sources.h"
#include "cuda/library.h"

namespace icconv {
namespace {

// The few declarations of nvrtc.h that are used; its C interface is stable. A program is a pointer to something opaque.
struct Nvrtc {
    int (*version)(int* major, int* minor);
    int (*create)(void** program, const char* text, const char* name, int headers, const char* const* texts, const char* const* names);
    int (*compile)(void* program, int options, const char* const* values);
    int (*destroy)(void** program);
    int (*log_size)(void* program, size_t* bytes);
    int (*log)(void* program, char* text);
    int (*cubin_size)(void* program, size_t* bytes);
    int (*cubin)(void* program, char* code);
    const char* (*error)(int result);

    Nvrtc() {
        const Library library("libnvrtc.so.12", "npx icconv setup --device cuda   (it brings NVIDIA's libraries; a TensorFlow of your own needs the wheel nvidia-cuda-nvrtc-cu12 on LD_LIBRARY_PATH)");
        library.find("nvrtcVersion", &version);
        library.find("nvrtcCreateProgram", &create);
        library.find("nvrtcCompileProgram", &compile);
        library.find("nvrtcDestroyProgram", &destroy);
        library.find("nvrtcGetProgramLogSize", &log_size);
        library.find("nvrtcGetProgramLog", &log);
        library.find("nvrtcGetCUBINSize", &cubin_size);
        library.find("nvrtcGetCUBIN", &cubin);
        library.find("nvrtcGetErrorString", &error);
    }
};

const Nvrtc& nvrtc() {
    static const Nvrtc instance;
    return instance;
}

void check(int result, const std::string& what) {
    if (result != 0) throw CudaFailure(what + ": " + nvrtc().error(result));
}

class Program {
public:
    explicit Program(const SourceText& source) {
        std::vector<const char*> names, texts;
        for (const SourceText& header : kernel_headers()) {
            names.push_back(header.name);
            texts.push_back(header.text);
        }
        const std::string name = std::string(source.name) + ".cu";
        check(nvrtc().create(&program_, source.text, name.c_str(), static_cast<int>(names.size()), texts.data(), names.data()), "nvrtcCreateProgram");
    }
    ~Program() { nvrtc().destroy(&program_); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    std::string cubin(CudaArch arch) const {
        const std::string target = "--gpu-architecture=sm_" + std::to_string(arch.major) + std::to_string(arch.minor);
        const char* const options[] = {target.c_str(), "--std=c++17"};
        if (const int result = nvrtc().compile(program_, 2, options); result != 0) {
            throw CudaFailure("NVRTC does not compile a kernel for " + target.substr(target.find('=') + 1) + " (" + nvrtc().error(result) + "):\n" + log());
        }
        size_t bytes = 0;
        check(nvrtc().cubin_size(program_, &bytes), "nvrtcGetCUBINSize");
        std::string code(bytes, '\0');
        check(nvrtc().cubin(program_, code.data()), "nvrtcGetCUBIN");
        return code;
    }

private:
    std::string log() const {
        size_t bytes = 0;
        nvrtc().log_size(program_, &bytes);
        std::string text(bytes, '\0');
        if (bytes > 0) nvrtc().log(program_, text.data());
        return text.c_str();
    }

    void* program_ = nullptr;
};

}  // namespace

std::string nvrtc_version() {
    int major = 0, minor = 0;
    check(nvrtc().version(&major, &minor), "nvrtcVersion");
    return std::to_string(major) + "." + std::to_string(minor);
}

std::string compile_kernels(const std::string& source, CudaArch arch) {
    for (const SourceText& known : kernel_sources()) {
        if (source == known.name) return Program(known).cubin(arch);
    }
    throw CudaFailure("internal: no kernel source is called " + source);
}

}  // namespace icconv
