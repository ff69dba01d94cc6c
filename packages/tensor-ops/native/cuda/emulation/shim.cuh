// Compiles a kernel's .cu file for the CPU, for tests: include this, then the .cu file.
//
// - By default the threads of a block are fibers that change at barriers and at exchanges within a warp; blocks run one after another, so
//   all is deterministic. With AddressSanitizer and UBSan this finds what is read or written out of bounds, in shared memory too.
// - With ICCONV_SHIM_THREADS they are threads with real barriers; ThreadSanitizer then finds a missing __syncthreads().
//
// Static shared memory and one axis of blocks and threads, as all our kernels have. A barrier that only a part of a block or warp reaches
// ends the program (fibers) or hangs (threads). Nothing here says how fast a kernel is.
#ifndef ICCONV_CUDA_EMULATION_SHIM_CUH_
#define ICCONV_CUDA_EMULATION_SHIM_CUH_

#include <pthread.h>
#include <ucontext.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "cuda/launcher.h"

// As CUDA's compilers do, for headers that host code includes too.
#define __CUDACC__
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static

namespace icconv::shim {

constexpr unsigned kWarp = 32;

struct Index {
    unsigned x = 0;
};
inline thread_local Index thread_index;
inline Index block_index, block_size, grid_size;

[[noreturn]] inline void stop(const char* why) {
    std::fprintf(stderr, "shim: %s\n", why);
    std::abort();
}

inline unsigned warp_first() { return thread_index.x / kWarp * kWarp; }
inline unsigned warp_end() { return std::min(warp_first() + kWarp, block_size.x); }

void run_blocks(const std::function<void()>& body);
void block_barrier();
void warp_barrier();

// What the lanes of a warp show each other, two sets in turn: a lane may be one exchange ahead of another, not two.
struct Exchange {
    uint64_t value[2] = {0, 0};
    unsigned count = 0;
};
inline std::vector<Exchange> exchanges;

// Each lane shows a value; gives lane `other`'s, or the own where there is no such lane.
template <typename T>
T exchange(T value, unsigned other) {
    static_assert(sizeof(T) <= sizeof(uint64_t));
    const unsigned turn = exchanges[thread_index.x].count++ % 2;
    std::memcpy(&exchanges[thread_index.x].value[turn], &value, sizeof(T));
    warp_barrier();
    if (other < warp_end()) std::memcpy(&value, &exchanges[other].value[turn], sizeof(T));
    return value;
}

inline void check_mask(unsigned mask) {
    if (mask != 0xffffffffu || block_size.x % kWarp != 0) stop("exchanges need whole warps and a full mask");
}

#ifdef ICCONV_SHIM_THREADS

inline pthread_barrier_t of_block;
inline std::vector<pthread_barrier_t> of_warp;

inline void block_barrier() { pthread_barrier_wait(&of_block); }
inline void warp_barrier() { pthread_barrier_wait(&of_warp[thread_index.x / kWarp]); }

inline void run_blocks(const std::function<void()>& body) {
    const unsigned count = block_size.x;
    pthread_barrier_init(&of_block, nullptr, count);
    of_warp.resize((count + kWarp - 1) / kWarp);
    for (size_t w = 0; w < of_warp.size(); ++w) pthread_barrier_init(&of_warp[w], nullptr, std::min(kWarp, count - static_cast<unsigned>(w) * kWarp));
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < count; ++t) {
        threads.emplace_back([&, t] {
            thread_index.x = t;
            for (unsigned b = 0; b < grid_size.x; ++b) {
                block_barrier();
                if (t == 0) block_index.x = b;
                block_barrier();
                body();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    pthread_barrier_destroy(&of_block);
    for (auto& barrier : of_warp) pthread_barrier_destroy(&barrier);
}

#else

#if !defined(__SANITIZE_ADDRESS__)
inline void __sanitizer_start_switch_fiber(void**, const void*, size_t) {}
inline void __sanitizer_finish_switch_fiber(void*, const void**, size_t*) {}
#endif

enum class Wait { kNothing, kBlock, kWarp, kEnd };

struct Fiber {
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(64 << 10);
    unsigned index = 0;
    void* fake_stack = nullptr;
    Wait wait = Wait::kNothing;
};

inline ucontext_t scheduler;
inline const void* scheduler_stack;
inline size_t scheduler_size;
inline Fiber* current;
inline const std::function<void()>* block_body;

inline void leave(Wait wait) {
    Fiber* const self = current;
    self->wait = wait;
    __sanitizer_start_switch_fiber(wait == Wait::kEnd ? nullptr : &self->fake_stack, scheduler_stack, scheduler_size);
    swapcontext(&self->context, &scheduler);
    __sanitizer_finish_switch_fiber(self->fake_stack, &scheduler_stack, &scheduler_size);
}

inline void block_barrier() { leave(Wait::kBlock); }
inline void warp_barrier() { leave(Wait::kWarp); }

inline void fiber_main() {
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_size);
    (*block_body)();
    leave(Wait::kEnd);
}

inline void resume(Fiber& fiber) {
    current = &fiber;
    thread_index.x = fiber.index;
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, fiber.stack.data(), fiber.stack.size());
    swapcontext(&scheduler, &fiber.context);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
}

// Whether fibers [begin, end) all wait for the same; they then go on.
inline bool release(std::vector<Fiber>& fibers, size_t begin, size_t end, Wait wait) {
    for (size_t t = begin; t < end; ++t) {
        if (fibers[t].wait != wait) return false;
    }
    for (size_t t = begin; t < end; ++t) fibers[t].wait = Wait::kNothing;
    return true;
}

// Apart from the loop over the fibers: getcontext() returns twice for all that the compiler knows.
inline void prepare(Fiber& fiber, unsigned index) {
    fiber.index = index;
    fiber.wait = Wait::kNothing;
    fiber.fake_stack = nullptr;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    makecontext(&fiber.context, fiber_main, 0);
}

inline void run_blocks(const std::function<void()>& body) {
    std::vector<Fiber> fibers(block_size.x);
    block_body = &body;
    for (unsigned b = 0; b < grid_size.x; ++b) {
        block_index.x = b;
        for (unsigned t = 0; t < fibers.size(); ++t) prepare(fibers[t], t);
        for (;;) {
            bool ended = true;
            for (Fiber& fiber : fibers) {
                if (fiber.wait == Wait::kNothing) resume(fiber);
                ended &= fiber.wait == Wait::kEnd;
            }
            if (ended) break;
            bool goes_on = release(fibers, 0, fibers.size(), Wait::kBlock);
            for (size_t w = 0; w < fibers.size(); w += kWarp) {
                goes_on |= release(fibers, w, std::min<size_t>(w + kWarp, fibers.size()), Wait::kWarp);
            }
            if (!goes_on) stop("a barrier is reached by a part of a block only");
        }
    }
}

#endif

// The kernels of this program by name, each called with pointers to its arguments.
struct Registered {
    std::function<void(void**)> call;
    std::vector<size_t> sizes;
};
inline std::map<std::string, Registered>& kernels() {
    static std::map<std::string, Registered> all;
    return all;
}

template <typename... P, size_t... I>
void call(void (*kernel)(P...), void** arguments, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_reference_t<P>*>(arguments[I])...);
}

struct Register {
    template <typename... P>
    Register(const char* name, void (*kernel)(P...)) {
        kernels()[name] = {[kernel](void** arguments) { call(kernel, arguments, std::index_sequence_for<P...>()); }, {sizeof(P)...}};
    }
};

inline void run_kernel(const std::string& name, CudaGrid grid, void** arguments) {
    const auto found = kernels().find(name);
    if (found == kernels().end()) stop(("no kernel is called " + name).c_str());
    grid_size.x = grid.blocks;
    block_size.x = grid.threads;
    exchanges.assign(grid.threads, {});
    run_blocks([&] { found->second.call(arguments); });
}

// Runs kernels to their end where they are launched.
class ShimLauncher final : public Launcher {
public:
    void clear(void* memory, size_t bytes) override { std::memset(memory, 0, bytes); }

protected:
    void launch(const CudaKernel& kernel, CudaGrid grid, void** arguments, const size_t* sizes, size_t count) override {
        const auto found = kernels().find(kernel.name);
        if (found == kernels().end()) stop((std::string("no kernel is called ") + kernel.name).c_str());
        if (found->second.sizes != std::vector<size_t>(sizes, sizes + count)) stop((std::string(kernel.name) + " takes other arguments").c_str());
        run_kernel(kernel.name, grid, arguments);
    }
};

}  // namespace icconv::shim

// Makes a kernel known to ShimLauncher, by the name that the driver knows it by.
#define ICCONV_SHIM_KERNEL(name) static const ::icconv::shim::Register shim_##name(#name, &name)

#define threadIdx ::icconv::shim::thread_index
#define blockIdx ::icconv::shim::block_index
#define blockDim ::icconv::shim::block_size
#define gridDim ::icconv::shim::grid_size

using std::max;
using std::min;

inline void __syncthreads() { icconv::shim::block_barrier(); }
inline void __syncwarp() { icconv::shim::warp_barrier(); }
// Between blocks, which run one after another here.
inline void __threadfence() {}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes) {
    icconv::shim::check_mask(mask);
    return icconv::shim::exchange(value, threadIdx.x ^ static_cast<unsigned>(lanes));
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes) {
    icconv::shim::check_mask(mask);
    return icconv::shim::exchange(value, threadIdx.x + lanes);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
    icconv::shim::check_mask(mask);
    const unsigned lane = threadIdx.x % icconv::shim::kWarp;
    unsigned votes = predicate ? 1u << lane : 0;
    for (int step = 1; step < static_cast<int>(icconv::shim::kWarp); step *= 2) votes |= __shfl_xor_sync(mask, votes, step);
    return votes;
}

inline unsigned atomicAdd(unsigned* p, unsigned value) { return __atomic_fetch_add(p, value, __ATOMIC_RELAXED); }
inline int atomicAdd(int* p, int value) { return __atomic_fetch_add(p, value, __ATOMIC_RELAXED); }
inline uint64_t atomicOr(uint64_t* p, uint64_t value) { return __atomic_fetch_or(p, value, __ATOMIC_RELAXED); }
inline float atomicAdd(float* p, float value) {
    float old, next;
    __atomic_load(p, &old, __ATOMIC_RELAXED);
    do next = old + value;
    while (!__atomic_compare_exchange(p, &old, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return old;
}
template <typename T>
T atomicMax(T* p, T value) {
    T old = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (old < value && !__atomic_compare_exchange_n(p, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}
template <typename T>
T __ldcg(const T* p) {
    return *p;
}

// Roundings that no compiler may fuse.
inline float __fmul_rn(float a, float b) {
    const volatile float product = a * b;
    return product;
}
inline float __fadd_rn(float a, float b) {
    const volatile float sum = a + b;
    return sum;
}
inline float __fsub_rn(float a, float b) { return __fadd_rn(a, -b); }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __int_as_float(int bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}
inline int __float_as_int(float value) {
    int bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}
inline int __ffs(int value) { return __builtin_ffs(value); }
inline int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
inline int __ffsll(long long value) { return __builtin_ffsll(value); }

#endif  // ICCONV_CUDA_EMULATION_SHIM_CUH_
