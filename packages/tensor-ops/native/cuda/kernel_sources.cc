#include "cuda/kernel_sources.h"

// Paths are relative to an include folder, which compilers name to their assemblers too.
#define ICCONV_EMBED(symbol, path)                                                                                                        \
    asm(".pushsection .rodata\n.local " #symbol "\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.popsection");                             \
    extern "C" const char symbol[] __attribute__((visibility("hidden")))
#define ICCONV_EMBED_KERNEL(op)                                  \
    ICCONV_EMBED(icconv_##op##_cu, "ops/" #op "/" #op ".cu"); \
    ICCONV_EMBED(icconv_##op##_cuh, "ops/" #op "/" #op ".cuh")

ICCONV_EMBED(icconv_prelude_cuh, "cuda/prelude.cuh");
ICCONV_EMBED_KERNEL(inception_conv2d);
ICCONV_EMBED_KERNEL(nms);
ICCONV_EMBED_KERNEL(roi_align);

namespace icconv {

const std::vector<SourceText>& kernel_sources() {
    static const std::vector<SourceText> sources = {
        {"inception_conv2d", icconv_inception_conv2d_cu},
        {"nms", icconv_nms_cu},
        {"roi_align", icconv_roi_align_cu},
    };
    return sources;
}

const std::vector<SourceText>& kernel_headers() {
    static const std::vector<SourceText> headers = {
        {"cuda/prelude.cuh", icconv_prelude_cuh},
        {"ops/inception_conv2d/inception_conv2d.cuh", icconv_inception_conv2d_cuh},
        {"ops/nms/nms.cuh", icconv_nms_cuh},
        {"ops/roi_align/roi_align.cuh", icconv_roi_align_cuh},
    };
    return headers;
}

}  // namespace icconv
