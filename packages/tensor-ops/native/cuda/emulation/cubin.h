// Reads from a compiled kernel what it asks of the device. A cubin is an ELF file, undocumented beyond that; what stands where is what NVIDIA's
// own cuobjdump --dump-resource-usage shows: `.nv.shared.<kernel>` has the size of the static shared memory, and `.nv.info` holds records of
// a function and a number, among them its registers and the bytes of its stack, where registers are spilled to.
#ifndef ICCONV_CUDA_EMULATION_CUBIN_H_
#define ICCONV_CUDA_EMULATION_CUBIN_H_

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>

namespace icconv {

struct KernelUse {
    int registers = 0;
    int shared_bytes = 0;
    int stack_bytes = 0;
};

// By the kernels' names; empty for what is no cubin.
inline std::map<std::string, KernelUse> read_cubin(const std::string& cubin) {
    std::map<std::string, KernelUse> kernels;
    Elf64_Ehdr header;
    if (cubin.size() < sizeof(header) || cubin.compare(0, SELFMAG, ELFMAG) != 0) return kernels;
    std::memcpy(&header, cubin.data(), sizeof(header));
    const auto section = [&](size_t i) {
        Elf64_Shdr s;
        std::memcpy(&s, cubin.data() + header.e_shoff + i * sizeof(s), sizeof(s));
        return s;
    };
    const Elf64_Shdr names = section(header.e_shstrndx);
    const auto name_of = [&](const Elf64_Shdr& s) { return std::string(cubin.data() + names.sh_offset + s.sh_name); };
    const auto behind = [](const std::string& name, const std::string& prefix) {
        return name.compare(0, prefix.size(), prefix) == 0 ? name.substr(prefix.size()) : std::string();
    };
    std::map<uint32_t, std::string> symbols;
    for (size_t i = 0; i < header.e_shnum; ++i) {
        if (const std::string kernel = behind(name_of(section(i)), ".text."); !kernel.empty()) kernels[kernel] = {};
    }
    for (size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr s = section(i);
        if (const auto kernel = kernels.find(behind(name_of(s), ".nv.shared.")); kernel != kernels.end()) {
            kernel->second.shared_bytes = static_cast<int>(s.sh_size);
        }
        if (s.sh_type == SHT_SYMTAB) {
            const Elf64_Shdr strings = section(s.sh_link);
            for (uint32_t n = 0; n < s.sh_size / sizeof(Elf64_Sym); ++n) {
                Elf64_Sym symbol;
                std::memcpy(&symbol, cubin.data() + s.sh_offset + n * sizeof(symbol), sizeof(symbol));
                symbols[n] = cubin.data() + strings.sh_offset + symbol.st_name;
            }
        }
    }
    for (size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr s = section(i);
        if (name_of(s) != ".nv.info") continue;
        // Records of format, attribute, and a value of 16 bits: with format 4 the size of what follows.
        for (size_t at = 0; at + 4 <= s.sh_size;) {
            const char* const record = cubin.data() + s.sh_offset + at;
            uint16_t bytes;
            std::memcpy(&bytes, record + 2, sizeof(bytes));
            constexpr char kSized = 4, kFrameSize = 0x11, kRegisters = 0x2f;
            if (record[0] == kSized && (record[1] == kFrameSize || record[1] == kRegisters)) {
                uint32_t value[2];
                std::memcpy(value, record + 4, sizeof(value));
                if (const auto kernel = kernels.find(symbols[value[0]]); kernel != kernels.end()) {
                    (record[1] == kRegisters ? kernel->second.registers : kernel->second.stack_bytes) = static_cast<int>(value[1]);
                }
            }
            at += 4 + (record[0] == kSized ? bytes : 0);
        }
    }
    return kernels;
}

}  // namespace icconv

#endif  // ICCONV_CUDA_EMULATION_CUBIN_H_
