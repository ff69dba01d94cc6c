#include "cuda/cubin_cache.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <unistd.h>

#include "cuda/kernel_sources.h"

namespace icconv {
namespace {

namespace fs = std::filesystem;

// As src/files/cache-root.ts; empty where there is no home.
fs::path cache_root() {
    const auto set = [](const char* name) -> const char* {
        const char* const value = std::getenv(name);
        return value != nullptr && *value != '\0' ? value : nullptr;
    };
    if (const char* own = set("ICCONV_CACHE")) return own;
    if (const char* xdg = set("XDG_CACHE_HOME")) return fs::path(xdg) / "icconv";
    if (const char* home = set("HOME")) return fs::path(home) / ".cache" / "icconv";
    return {};
}

// FNV-1a over 64 bits; two of them, from different starts, tell apart what one might not.
uint64_t hash(const std::string& text, uint64_t start) {
    uint64_t value = start;
    for (const unsigned char c : text) value = (value ^ c) * 0x100000001b3ull;
    return value;
}

fs::path file_of(const std::string& source, CudaArch arch) {
    const fs::path root = cache_root();
    if (root.empty()) return {};
    std::string all = nvrtc_version() + '\n';
    for (const SourceText& text : kernel_headers()) all += text.text;
    for (const SourceText& text : kernel_sources()) {
        if (source == text.name) all += text.text;
    }
    char key[33];
    std::snprintf(key, sizeof(key), "%016llx%016llx", static_cast<unsigned long long>(hash(all, 0xcbf29ce484222325ull)),
                  static_cast<unsigned long long>(hash(all, 0x9e3779b97f4a7c15ull)));
    return root / "cubins" / (source + "-sm" + std::to_string(arch.major) + std::to_string(arch.minor) + "-" + key + ".cubin");
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// Under another name first, so that nobody reads half a file.
void write(const fs::path& path, const std::string& code) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    const fs::path temporary = path.string() + "." + std::to_string(getpid());
    bool good = false;
    {
        std::ofstream file(temporary, std::ios::binary);
        file << code;
        good = static_cast<bool>(file.flush());
    }
    if (good) fs::rename(temporary, path, ignored);
    fs::remove(temporary, ignored);
}

}  // namespace

std::string cached_kernels(const std::string& source, CudaArch arch, bool fresh) {
    const fs::path path = file_of(source, arch);
    if (!fresh && !path.empty()) {
        std::string code = read(path);
        if (!code.empty()) return code;
    }
    std::string code = compile_kernels(source, arch);
    if (!path.empty()) write(path, code);
    return code;
}

}  // namespace icconv
