#include "cuda/kernel_sources.h"

#include "cuda/precision.h"

// Paths are relative to an include folder, which compilers name to their assemblers too.
#define ICCONV_EMBED(symbol, path)                                                                                                        \
    asm(".pushsection .rodata\n.local " #symbol "\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.popsection");                             \
    extern "C" const char symbol[] __attribute__((visibility("hidden")))
#define ICCONV_EMBED_KERNEL(op) ICCONV_EMBED(icconv_##op##_cu, "ops/" #op "/" #op ".cu")
#define ICCONV_EMBED_WITH_HEADER(op) \
    ICCONV_EMBED_KERNEL(op);         \
    ICCONV_EMBED(icconv_##op##_cuh, "ops/" #op "/" #op ".cuh")

ICCONV_EMBED(icconv_channels_cuh, "cuda/channels.cuh");
ICCONV_EMBED(icconv_mma_cuh, "cuda/mma.cuh");
ICCONV_EMBED(icconv_prelude_cuh, "cuda/prelude.cuh");
ICCONV_EMBED(icconv_reduce_cuh, "cuda/reduce.cuh");
ICCONV_EMBED_KERNEL(batch_norm);
ICCONV_EMBED_WITH_HEADER(box_candidates);
ICCONV_EMBED_KERNEL(conv_finish);
ICCONV_EMBED_KERNEL(dilation_errors);
ICCONV_EMBED_WITH_HEADER(image_batch);
ICCONV_EMBED_WITH_HEADER(inception_conv2d);
ICCONV_EMBED(icconv_inception_conv2d_mma_cu, "ops/inception_conv2d/inception_conv2d_mma.cu");
ICCONV_EMBED(icconv_inception_pixels_cuh, "ops/inception_conv2d/inception_pixels.cuh");
ICCONV_EMBED_WITH_HEADER(keypoint_grouping);
ICCONV_EMBED_WITH_HEADER(keypoint_maps);
ICCONV_EMBED_WITH_HEADER(nms);
ICCONV_EMBED_WITH_HEADER(parameter_update);
ICCONV_EMBED_WITH_HEADER(roi_align);

namespace icconv {

const std::vector<SourceText>& kernel_sources() {
    static const std::vector<SourceText> sources = {
        {"batch_norm", icconv_batch_norm_cu},
        {"box_candidates", icconv_box_candidates_cu},
        {"conv_finish", icconv_conv_finish_cu},
        {"dilation_errors", icconv_dilation_errors_cu},
        {"image_batch", icconv_image_batch_cu},
        {"inception_conv2d", icconv_inception_conv2d_cu},
        {"inception_conv2d_mma", icconv_inception_conv2d_mma_cu, kTensorCoresArch},
        {"keypoint_grouping", icconv_keypoint_grouping_cu},
        {"keypoint_maps", icconv_keypoint_maps_cu},
        {"nms", icconv_nms_cu},
        {"parameter_update", icconv_parameter_update_cu},
        {"roi_align", icconv_roi_align_cu},
    };
    return sources;
}

const std::vector<SourceText>& kernel_headers() {
    static const std::vector<SourceText> headers = {
        {"cuda/channels.cuh", icconv_channels_cuh},
        {"cuda/mma.cuh", icconv_mma_cuh},
        {"cuda/prelude.cuh", icconv_prelude_cuh},
        {"cuda/reduce.cuh", icconv_reduce_cuh},
        {"ops/box_candidates/box_candidates.cuh", icconv_box_candidates_cuh},
        {"ops/image_batch/image_batch.cuh", icconv_image_batch_cuh},
        {"ops/inception_conv2d/inception_conv2d.cuh", icconv_inception_conv2d_cuh},
        {"ops/inception_conv2d/inception_pixels.cuh", icconv_inception_pixels_cuh},
        {"ops/keypoint_grouping/keypoint_grouping.cuh", icconv_keypoint_grouping_cuh},
        {"ops/keypoint_maps/keypoint_maps.cuh", icconv_keypoint_maps_cuh},
        {"ops/nms/nms.cuh", icconv_nms_cuh},
        {"ops/parameter_update/parameter_update.cuh", icconv_parameter_update_cuh},
        {"ops/roi_align/roi_align.cuh", icconv_roi_align_cuh},
    };
    return headers;
}

}  // namespace icconv
