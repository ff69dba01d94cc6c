// A chain of convolutions in one call: a network from a program, a list of numbers that README.md describes.
//
// Values are feature maps [N, H, W, C] of dense float32, numbered from the image, 0, in the order in which steps make them.
#ifndef ICCONV_OPS_CONV_PROGRAM_H_
#define ICCONV_OPS_CONV_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/memory.h"
#include "common/executor.h"
#include "ops/inception_conv2d/inception_conv2d.h"

namespace icconv {

struct FeatureMap {
    int batch, height, width, channels;
    size_t size() const { return static_cast<size_t>(batch) * height * width * channels; }
};

// A packed filter or a bias.
struct Parameter {
    const float* data;
    size_t size;
};

class ConvProgram {
public:
    // Null, with the fault in *problem, for numbers that are no program.
    static std::unique_ptr<ConvProgram> parse(const int32_t* code, size_t size, int parameters, std::string* problem);

    int outputs() const { return static_cast<int>(outputs_.size()); }

    // Where each value of a run lies.
    struct Layout {
        Array<FeatureMap> maps;
        // Of each value in floats, from the beginning of the memory between steps; multiples of 16.
        Array<size_t> offsets;
        size_t floats = 0;

        const FeatureMap& map(int value) const { return maps[value]; }
    };
    // False, with the fault in *problem, where sizes do not fit.
    bool lay_out(const FeatureMap& image, const Array<Parameter>& parameters, Layout* layout, std::string* problem) const;
    const FeatureMap& output(const Layout& layout, int index) const { return layout.maps[outputs_[index]]; }

    // memory: 64-byte aligned, layout.floats of it. outputs: one for each.
    void run(const Layout& layout, const float* image, const Array<Parameter>& parameters, float* memory,
             const Array<float*>& outputs, Executor& executor) const;

private:
    enum class Kind { kConv = 1, kInception = 2, kMaxPool = 3, kAdd = 4 };
    struct Step {
        Kind kind;
        int input;
        // Another value: of a convolution the residual, of a sum the other term.
        int other = -1;
        int filter = -1;
        int bias = -1;
        bool relu = false;
        int size_h = 1, size_w = 1;
        int stride_h = 1, stride_w = 1;
        int pad_h = 0, pad_w = 0;
        int dilation_h = 1, dilation_w = 1;
        std::shared_ptr<const InceptionConv2DPlan> plan;
    };

    bool output_map(const Step& step, const Layout& layout, const Array<Parameter>& parameters, FeatureMap* map,
                    std::string* problem) const;

    Array<Step> steps_;
    Array<int> outputs_;
    // The last step that reads each value, or -1; the number of steps for outputs.
    Array<int> last_use_;
};

}  // namespace icconv

#endif  // ICCONV_OPS_CONV_PROGRAM_H_
